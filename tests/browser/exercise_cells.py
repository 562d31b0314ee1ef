"""Exercises of each kind, and the cells of a notebook that ask them."""

NUMBER, CHOICE, TABLE, MODEL = "06.1", "06.3", "06.6", "06.7"
SOURCES = [
    "long = mt.stack(mt.load_ml_sim())",
    "fit, ml = mt.fit_stacked(long), mt.fit_stacked(long, reml=False)",
    *(f'mt.exercise("{id}")' for id in (NUMBER, CHOICE, TABLE, MODEL)),
    f'mt.check("{TABLE}", ...)',
    f'mt.check("{MODEL}", ...)',
    f'mt.solution("{NUMBER}")',
]
