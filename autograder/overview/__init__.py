"""The instructor's desk: what a class got wrong, from reports that are finished. It grades nothing and runs nothing."""
