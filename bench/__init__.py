"""The benchmark behind `make bench`: notepress and three other ways from the same notes to PDFs, in one run."""
