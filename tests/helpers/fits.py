"""Fits that several test files make."""

import warnings

import mlmed_teach as mt


def mediate_quietly(table, **options):
    """`mt.mediate` of a table whose optimum may lie on the boundary, which is not what the test is about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mt.BoundaryWarning)
        return mt.mediate(table, **options)
