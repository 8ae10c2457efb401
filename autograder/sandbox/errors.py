"""What a sandbox raises of its own; here, so that nobody imports torch for the name."""


class SandboxError(RuntimeError):
    """The sandbox itself failed: this is never a student's fault."""
