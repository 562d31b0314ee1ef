"""Scripts for those who write lessons; no part of the installed package."""
