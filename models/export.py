"""What the training scripts share: scikit-learn to ONNX, goldens, and the files of a version.

A script trains its estimators and hands each over as a `Version`; `write_all` checks it and writes
`model.onnx`, `labels.txt` and `goldens.ndjson`. The manifest is written by `serin register` alone.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import sklearn
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.metrics import classification_report, log_loss
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score

REPOSITORY = Path(__file__).resolve().parent.parent

# As old as the graphs allow (comparing strings needs 19), so that many runtimes can load the files.
OPSETS = {"": 19, "ai.onnx.ml": 3}

ABSOLUTE_TOLERANCE = 1e-5
RELATIVE_TOLERANCE = 1e-4

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True)
class Golden:
    """A sample request; its expected answer is what `Version.predict` says."""

    name: str
    inputs: Tensors
    form: str = "rows"  # rows | named-rows | columns | bare-columns


@dataclass(frozen=True)
class Version:
    """One version of a model, trained and not yet written."""

    model: str
    version: str
    estimator: object
    inputs: dict[str, tuple[str, int]]  # name: (FP32 | BYTES, width of a row)
    predict: Callable[[Tensors], Tensors]  # the training framework's own answer, by output name
    held_out: Tensors
    goldens: list[Golden]
    labels: list[str]  # line n of labels.txt names class n
    labelled_output: str
    metadata: dict[str, str | float]


def arguments(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--out",
        type=Path,
        default=REPOSITORY / "target" / "models",
        help="folder that receives <model>/<version>/… (default: target/models of the repository)",
    )
    return parser.parse_args()


def report(title: str, estimator, held_out, truth, everything, classes) -> float:
    """Prints the figures that the model card quotes; returns the held-out accuracy, rounded."""
    accuracy = estimator.score(held_out, truth)
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=10, random_state=0)
    cross_validated = cross_val_score(estimator, *everything, cv=folds)
    print(f"{title}: held-out accuracy {accuracy:.4f} on {len(truth)} rows,", end=" ")
    print(f"log loss {log_loss(truth, estimator.predict_proba(held_out)):.4f};", end=" ")
    print(f"5-fold cross-validation, 10 times: {cross_validated.mean():.4f}")
    print(classification_report(truth, estimator.predict(held_out), target_names=classes, digits=3))
    return round(accuracy, 4)


def write_version(version: Version, out: Path) -> None:
    """Writes the files of a version, after ONNX Runtime has given the training framework's answers."""
    graph = _to_onnx(version).SerializeToString()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    _check_held_out(version, session)
    goldens = [_golden(version, golden) for golden in version.goldens]
    for golden in goldens:
        _check_golden(version, golden, session)
    folder = out / version.model / version.version
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph)
    _write_lines(folder / "labels.txt", version.labels)
    _write_lines(folder / "goldens.ndjson", [_json(golden) for golden in goldens])
    print(f"wrote {folder}: model.onnx of {len(graph)} bytes, {len(goldens)} goldens")


def register_command(version: Version, out: Path) -> str:
    """The command line that publishes the files of a version, as a shell takes it."""
    folder = (out / version.model / version.version).resolve()
    if folder.is_relative_to(REPOSITORY):
        folder = folder.relative_to(REPOSITORY)
    words = ["./serin", "register", f"{version.model}/{version.version}"]
    words += [str(folder / name) for name in ("model.onnx", "labels.txt", "goldens.ndjson")]
    words += ["--labels", f"{version.labelled_output}=labels.txt"]
    metadata = {"author": "the Serin project"} | version.metadata | {"framework": f"scikit-learn {sklearn.__version__}"}
    for key, value in metadata.items():
        words += ["--metadata", f"{key}={value}"]
    return shlex.join(words)


def write_all(versions: list[Version], out: Path) -> None:
    """Writes all versions, and prints how to register them."""
    for version in versions:
        write_version(version, out)
    print("\nTo register, from the root of the repository:")
    for version in versions:
        print(register_command(version, out))


def _to_onnx(version: Version) -> onnx.ModelProto:
    types = {"FP32": FloatTensorType, "BYTES": StringTensorType}
    model = to_onnx(
        version.estimator,
        initial_types=[(name, types[kind]([None, width])) for name, (kind, width) in version.inputs.items()],
        options={"zipmap": False},  # probabilities as a tensor, not as a list of maps
        target_opset=OPSETS,
        name=version.model,
    )
    # The converter leaves the first dimension without a name. One name on all inputs and outputs
    # says that they count the same rows, hence that requests may share a run.
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    opsets = {entry.domain: entry.version for entry in model.opset_import}  # it lists some twice
    del model.opset_import[:]
    model.opset_import.extend(onnx.helper.make_opsetid(*entry) for entry in sorted(opsets.items()))
    onnx.checker.check_model(model, full_check=True)
    return model


def _check_held_out(version: Version, session: onnxruntime.InferenceSession) -> None:
    """All held-out rows, in one run and one by one."""
    expected = version.predict(version.held_out)
    rows = len(next(iter(version.held_out.values())))
    slices = [slice(0, rows), *(slice(i, i + 1) for i in range(rows))]
    for part in slices:
        inputs = {name: value[part] for name, value in version.held_out.items()}
        _compare(
            {name: value[part].tolist() for name, value in expected.items()},
            {name: value.tolist() for name, value in _run(version, session, inputs).items()},
            f"{version.model}/{version.version} held-out rows {part.start} to {part.stop - 1}",
        )


def _golden(version: Version, golden: Golden) -> dict:
    outputs = {name: value.tolist() for name, value in version.predict(golden.inputs).items()}
    outputs["probabilities"] = [[round(p, 7) for p in row] for row in outputs["probabilities"]]
    rows = golden.form.endswith("rows")
    return {
        "name": golden.name,
        "request": {"instances": _instances(golden)} if rows else {"inputs": _columns(golden)},
        "response": {"predictions": _transposed(outputs)} if rows else {"outputs": outputs},
        "absolute-tolerance": ABSOLUTE_TOLERANCE,
        "relative-tolerance": RELATIVE_TOLERANCE,
    }


def _check_golden(version: Version, golden: dict, session: onnxruntime.InferenceSession) -> None:
    """Reads the request back from its JSON, runs it, and compares with the expected answer."""
    golden = json.loads(_json(golden))
    inputs = _decode(version, golden["request"])
    outputs = {name: value.tolist() for name, value in _run(version, session, inputs).items()}
    actual = {"predictions": _transposed(outputs)} if "predictions" in golden["response"] else {"outputs": outputs}
    _compare(golden["response"], actual, f"{version.model}/{version.version} golden {golden['name']}")


def _instances(golden: Golden) -> list:
    """Rows: the bare row of an only input, unless it is to be named; a scalar stands for a row of one."""
    columns = {name: value[:, 0] if value.shape[1] == 1 else value for name, value in golden.inputs.items()}
    columns = {name: _plain(value) for name, value in columns.items()}
    if len(columns) == 1 and golden.form == "rows":
        return next(iter(columns.values()))
    return _transposed(columns)


def _columns(golden: Golden) -> dict | list:
    columns = {name: _plain(value) for name, value in golden.inputs.items()}
    return next(iter(columns.values())) if golden.form == "bare-columns" else columns


def _decode(version: Version, request: dict) -> Tensors:
    only = next(iter(version.inputs))
    if "instances" in request:
        rows = [row if isinstance(row, dict) else {only: row} for row in request["instances"]]
        columns = {name: [row[name] for row in rows] for name in version.inputs}
    else:
        columns = request["inputs"] if isinstance(request["inputs"], dict) else {only: request["inputs"]}
    return {
        name: np.array(columns[name], dtype=np.float64 if kind == "FP32" else object).reshape(-1, width)
        for name, (kind, width) in version.inputs.items()
    }


def _run(version: Version, session: onnxruntime.InferenceSession, inputs: Tensors) -> Tensors:
    feed = {
        name: inputs[name].astype(np.float32 if kind == "FP32" else object)
        for name, (kind, _) in version.inputs.items()
    }
    return dict(zip((output.name for output in session.get_outputs()), session.run(None, feed)))


def _compare(expected, actual, where: str) -> None:
    """Floats within the tolerances, all else equal; stops the script where they differ."""
    if isinstance(expected, dict) and isinstance(actual, dict) and expected.keys() == actual.keys():
        for key in expected:
            _compare(expected[key], actual[key], f"{where}/{key}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for i, pair in enumerate(zip(expected, actual)):
            _compare(*pair, f"{where}/{i}")
    elif isinstance(expected, float) and isinstance(actual, float):
        if not abs(actual - expected) <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * abs(expected):
            sys.exit(f"{where}: the training framework says {expected}, ONNX Runtime {actual}")
    elif type(expected) is not type(actual) or expected != actual:
        sys.exit(f"{where}: the training framework says {expected!r}, ONNX Runtime {actual!r}")


def _transposed(columns: dict[str, list]) -> list[dict]:
    return [dict(zip(columns, row)) for row in zip(*columns.values(), strict=True)]


def _plain(value: np.ndarray) -> list:
    """Nested lists, NaN as null."""
    if value.dtype == object:
        return value.tolist()
    return np.where(np.isnan(value), None, value).tolist()


def _json(value: dict) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
