"""`model-exporter import`: operators with states, against onnxruntime."""

import numpy as np
import pytest
from import_cases import Case, compare, random
from networks import description

RECURRENT = [
    (kind, direction, steps, batch, options)
    for kind in ["GRU", "LSTM"]
    for direction in ["forward", "reverse", "bidirectional"]
    for steps, batch in [(1, 1), (1, 3), (5, 2)]
    for options in ([{}, {"linear_before_reset": 1}] if kind == "GRU" else [{}])
]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind, direction, steps, batch, options", RECURRENT)
def test_a_recurrent_layer_equals_onnxruntime(
    kind, direction, steps, batch, options, bias, tmp_path
):
    case, units, inputs = Case(), 4, 3
    graph, gates = case.graph, {"GRU": 3, "LSTM": 4}[kind] * units
    count = 2 if direction == "bidirectional" else 1
    given = [case.take(steps, batch, inputs), graph.constant(random(count, gates, inputs))]
    given.append(graph.constant(random(count, gates, units, seed=2)))
    given.append(graph.constant(random(count, 2 * gates, seed=3)) if bias else "")
    states = [case.state(count, batch, units) for _ in range(1 if kind == "GRU" else 2)]
    options = {**options, "hidden_size": units, "direction": direction}
    outputs = graph.op(kind, [*given, "", *states], 1 + len(states), **options)
    for state, value in zip(states, outputs[1:]):
        case.becomes(state, value)
    compare(case, tmp_path, outputs[0])


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_a_recurrent_layer_may_begin_with_constants(kind, tmp_path):
    case, units = Case(), 4
    graph, gates = case.graph, {"GRU": 3, "LSTM": 4}[kind] * units
    given = [case.take(3, 2, 5), graph.constant(random(1, gates, 5))]
    given += [graph.constant(random(1, gates, units)), graph.constant(random(1, 2 * gates)), ""]
    given += [graph.constant(random(1, 2, units, seed=at)) for at in range(gates // units - 2)]
    compare(case, tmp_path, graph.op(kind, given, hidden_size=units))


def test_one_tensor_holds_several_histories(tmp_path):
    """Like in streaming models: parts are read, shifted and scattered back."""
    case = Case()
    graph = case.graph
    memory = case.state(2, 5, 4)
    x = case.take(1, 1, 4)
    all_made = []
    for layer, (first, rows) in enumerate([(0, 2), (2, 3)]):
        own = graph.op("Gather", [memory, graph.constant(layer, np.int64)], axis=0)
        bounds = [graph.ints(first), graph.ints(first + rows), graph.ints(0)]
        past = graph.op("Slice", [own, *bounds])
        whole = graph.op("Concat", [past, case.reshaped(x, 1, 4)], axis=0)
        weights = graph.constant(random(1, rows + 1, seed=layer))
        x = graph.op("Tanh", [graph.op("MatMul", [weights, whole])])
        all_made.append(x)
        shifted = graph.op("Slice", [whole, graph.ints(1), graph.ints(rows + 1), graph.ints(0)])
        places = np.array([[[layer, first + row] for row in range(rows)]])
        places = graph.constant(places, np.int64)
        shifted = case.reshaped(shifted, 1, rows, 4)
        memory_next = graph.op("ScatterND", [memory if layer == 0 else memory_next, places, shifted])
    case.becomes(memory, memory_next)
    compare(case, tmp_path, *all_made)
    [part] = description(tmp_path / "case")["parts"]
    states = [tensor["shape"] for tensor in part["inputs"] if tensor["role"] == "state"]
    # Numbers that the layers do not use are left out.
    assert sorted(np.prod(states, axis=1)) == [8, 12]
