"""`python -m notepress` is the command line."""

from .launch import main

if __name__ == "__main__":
    main()
