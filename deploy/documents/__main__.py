"""`python -m deploy.documents release`: what the events look like now is what readers may rely on from now on."""

import sys

from deploy.documents.release import release


def main(arguments: list[str]) -> int:
    """Exit 0 if it was done, 2 if it was asked wrongly."""
    if arguments != ["release"]:
        print("usage: python -m deploy.documents release", file=sys.stderr)
        return 2
    for name in release():
        print(f"{name} is released")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
