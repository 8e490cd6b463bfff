"""Trains the sample model `penguins`: strings and numbers with gaps, filled in and encoded inside the graph.

Deterministic: the same pinned packages on the same platform give the same bytes.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from palmerpenguins import load_penguins
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

sys.dont_write_bytecode = True  # this folder is part of a registry; leave no caches in it
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from export import Golden, Version, arguments, report, write_all  # noqa: E402

STRINGS = ["island", "sex"]
NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
COLUMNS = STRINGS + NUMBERS


def pipeline():
    """A missing string ("") becomes the most frequent one, a missing number (NaN) the median.

    A string that was never seen in training is nobody's category: its one-hot columns are all zero.
    """
    strings = make_pipeline(
        SimpleImputer(missing_values="", strategy="most_frequent"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_pipeline(
        ColumnTransformer([("strings", strings, STRINGS), ("numbers", numbers, NUMBERS)]),
        LogisticRegression(),
    )


def main() -> None:
    out = arguments(__doc__.splitlines()[0]).out
    data = load_penguins()
    x = data[COLUMNS].copy()
    x[STRINGS] = x[STRINGS].astype(object).fillna("")
    y = data["species"].to_numpy(dtype=object)
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.3, stratify=y, random_state=0)

    estimator = pipeline().fit(train_x, train_y)
    classes = estimator.classes_.tolist()
    accuracy = report("penguins 1, logistic regression", estimator, test_x, test_y, (x, y), classes)
    version = Version(
        model="penguins",
        version="1",
        estimator=estimator,
        inputs={name: ("BYTES", 1) for name in STRINGS} | {name: ("FP32", 1) for name in NUMBERS},
        predict=lambda inputs: predict(estimator, inputs),
        held_out=tensors(test_x),
        goldens=goldens(test_x, test_y, classes),
        labels=classes,
        labelled_output="probabilities",
        metadata={"license": "CC0-1.0", "family": "logistic regression", "held-out-accuracy": accuracy},
    )
    write_all([version], out)


def tensors(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Every column as an input of its own, of shape [batch, 1]."""
    return {name: frame[[name]].to_numpy(dtype=object if name in STRINGS else np.float64) for name in COLUMNS}


def predict(estimator, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    frame = pd.DataFrame({name: inputs[name][:, 0] for name in COLUMNS})
    return {"label": estimator.predict(frame), "probabilities": estimator.predict_proba(frame)}


def goldens(test_x: pd.DataFrame, test_y: np.ndarray, classes: list[str]) -> list[Golden]:
    """Held-out birds; where a golden needs a gap that none of them has, one of them loses the value."""
    sexed = (test_x["sex"] != "").to_numpy()
    measured = test_x[NUMBERS].notna().all(axis=1).to_numpy()
    complete = [test_x[(test_y == name) & sexed & measured] for name in classes]
    unsexed = test_x[~sexed & measured]
    unmeasured = test_x[~measured]  # nor sexed

    without_measurements = complete[1].iloc[[3]].copy()
    without_measurements[NUMBERS] = np.nan
    without_anything = without_measurements.copy()
    without_anything[STRINGS] = ""
    unknown_island = complete[1].iloc[[1]].copy()
    unknown_island["island"] = "Île Petermann"
    gap_in_bill = complete[0].iloc[[1]].copy()
    gap_in_bill["bill_depth_mm"] = np.nan
    mixed = pd.concat([gap_in_bill, unsexed.iloc[[0]], complete[1].iloc[[2]], unmeasured.iloc[[0]]])

    return [Golden(name, tensors(birds.iloc[[0]])) for name, birds in zip(classes, complete)] + [
        Golden("sex-missing", tensors(unsexed.iloc[[0]])),
        Golden("measurements-missing", tensors(without_measurements)),
        Golden("unknown-island", tensors(unknown_island)),
        Golden("everything-missing", tensors(without_anything), "columns"),
        Golden("columns-with-gaps", tensors(mixed), "columns"),
    ]


if __name__ == "__main__":
    main()
