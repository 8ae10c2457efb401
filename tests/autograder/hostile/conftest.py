"""The sample course and the hostile modules are material for the tests here, and hold no tests of this project."""

collect_ignore = ["course", "modules"]
