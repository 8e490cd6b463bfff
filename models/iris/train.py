"""Trains the versions of the sample model `iris`: 1 is a logistic regression, 2 a random forest.

Deterministic: the same pinned packages on the same platform give the same bytes.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.dont_write_bytecode = True  # this folder is part of a registry; leave no caches in it
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from export import Golden, Version, arguments, report, write_all  # noqa: E402

FAMILIES = {
    "1": ("logistic regression", make_pipeline(StandardScaler(), LogisticRegression())),
    # An odd number of trees, so that two classes seldom get exactly the same share of the votes.
    "2": ("random forest", RandomForestClassifier(n_estimators=25, max_depth=4, random_state=0)),
}


def main() -> None:
    out = arguments(__doc__.splitlines()[0]).out
    data = load_iris()
    classes = data.target_names.tolist()
    train_x, test_x, train_y, test_y = train_test_split(
        data.data, data.target, test_size=0.3, stratify=data.target, random_state=0
    )
    versions = []
    for number, (family, estimator) in FAMILIES.items():
        estimator.fit(train_x, train_y)
        title = f"iris {number}, {family}"
        accuracy = report(title, estimator, test_x, test_y, (data.data, data.target), classes)
        versions.append(
            Version(
                model="iris",
                version=number,
                estimator=estimator,
                inputs={"x": ("FP32", 4)},
                predict=predictor(estimator),
                held_out={"x": test_x},
                goldens=goldens(estimator, test_x, test_y, classes),
                labels=classes,
                labelled_output="label",
                metadata={"license": "BSD-3-Clause", "family": family, "held-out-accuracy": accuracy},
            )
        )
    write_all(versions, out)


def predictor(estimator):
    return lambda inputs: {
        "label": estimator.predict(inputs["x"]),
        "probabilities": estimator.predict_proba(inputs["x"]),
    }


def goldens(estimator, test_x, test_y, classes) -> list[Golden]:
    """Held-out rows: one of each class, the one the model is least certain of, and every form of a body."""
    of_class = [np.flatnonzero(test_y == number) for number in range(len(classes))]
    singles = [Golden(name, {"x": test_x[rows[:1]]}) for name, rows in zip(classes, of_class)]
    ranked = np.sort(estimator.predict_proba(test_x), axis=1)
    least_certain = np.argmin(ranked[:, -1] - ranked[:, -2])
    return singles + [
        Golden("least-certain", {"x": test_x[[least_certain]]}),
        Golden("one-of-each", {"x": test_x[[rows[1] for rows in of_class]]}),
        Golden("named-row", {"x": test_x[of_class[1][2:3]]}, "named-rows"),
        Golden("columns", {"x": test_x[[rows[3] for rows in of_class]]}, "columns"),
        Golden("bare-columns", {"x": test_x[[rows[4] for rows in of_class[:2]]]}, "bare-columns"),
    ]


if __name__ == "__main__":
    main()
