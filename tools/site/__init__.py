"""The kit as a web site: lessons to read and to run, the package's reference, the teacher's pages, a search."""
