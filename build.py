#!/usr/bin/env python3
"""Run notepress from a checkout. Guarded, because PyPA's `build` finds this file when run here."""

if __name__ == "__main__":
    from notepress.launch import main

    main()
