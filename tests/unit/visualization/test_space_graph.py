"""The picture of a space as a Graphviz program."""

import pytest

from hyperopt import hp
from hyperopt.exceptions import DuplicateLabel
from hyperopt.graph_viz import dot_hyperparameters


def lines(space):
    first, *middle, last = dot_hyperparameters(space).strip().split("\n")
    assert (first, last) == ("digraph {", "}")
    return middle


def test_each_parameter_is_a_box_and_each_option_an_ellipse_on_the_way_to_it():
    space = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", [1, hp.normal("z", 0, 1)])}
    assert set(lines(space)) == {
        '"c" [shape=box];',
        '"x" [shape=box];',
        '"z" [shape=box];',
        '"c" -> "c=1";',
        '"c=1" [shape=ellipse];',
        '"c=1" -> "z";',
    }


def test_nested_choices_form_a_chain():
    space = hp.choice("a", [0, hp.choice("b", [0, {"x": hp.uniform("x", 0, 1)}])])
    drawn = lines(space)
    assert '"a=1" -> "b";' in drawn
    assert '"b=1" -> "x";' in drawn
    assert '"a=1" -> "x";' not in drawn


def test_a_parameter_of_several_options_hangs_on_each():
    x = hp.uniform("x", 0, 1)
    drawn = lines(hp.choice("a", [x, 0, {"x": x}]))
    assert '"a=0" -> "x";' in drawn
    assert '"a=2" -> "x";' in drawn
    assert drawn.count('"x" [shape=box];') == 1


def test_labels_are_quoted():
    assert lines(hp.uniform('a"b\\', 0, 1)) == ['"a\\"b\\\\" [shape=box];']


def test_two_parameters_with_one_label_are_refused():
    with pytest.raises(DuplicateLabel):
        dot_hyperparameters([hp.uniform("x", 0, 1), hp.normal("x", 0, 1)])
