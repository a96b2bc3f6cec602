"""What `init` finds in a repository that has no promote.yaml, and the promote.yaml that it proposes."""
