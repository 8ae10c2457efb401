"""Many submissions, on one machine or on a cluster."""
