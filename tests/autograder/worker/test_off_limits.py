"""Off-limits names: found in the syntax tree however they were imported, and trapped while code runs."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import torch

from autograder.worker.off_limits import OffLimits, in_source, trapped

NAMES = {"mine": ["torch.mean", "torch.Tensor.mean", "torch.nn.functional.mse_loss"]}

USES = {
    "plain": "import torch\ndef mine(x):\n    return torch.mean(x)\n",
    "renamed": "import torch as t\ndef mine(x):\n    return t.mean(x)\n",
    "from": "from torch import mean as average\ndef mine(x):\n    return average(x)\n",
    "module": "import torch.nn.functional as F\ndef mine(x):\n    return F.mse_loss(x, x)\n",
    "inside": "def mine(x):\n    from torch.nn import functional\n    return functional.mse_loss(x, x)\n",
    "method": "def mine(x):\n    return (x * x).mean()\n",
    "helper": "import torch\ndef helper(x):\n    return torch.mean(x)\ndef mine(x):\n    return helper(x)\n",
    "given on": "import torch\ndef mine(x, f=torch.mean):\n    return f(x)\n",
    "alias": "import torch\nF = torch.nn.functional\ndef mine(x):\n    return F.mse_loss(x, x)\n",
    "table": "import torch\nTABLE = {'m': torch.mean}\ndef mine(x):\n    return TABLE['m'](x)\n",
    "filled later": "import torch\nTABLE = {}\nTABLE.update(m=torch.mean)\ndef mine(x):\n    return TABLE['m'](x)\n",
    "below a condition": "import torch\nif True:\n    def mine(x):\n        return torch.mean(x)\n",
    "method of a class": "import torch\nclass Model:\n    def mine(self, x):\n        return self.help(x)\n    def help(self, x):\n        return torch.mean(x)\n",
    "lambda": "import torch\nmine = lambda x: torch.mean(x)\n",
    "class": "import torch\nclass mine:\n    def f(self, x):\n        return torch.mean(x)\n",
}

MORE_USES = {
    "star": "from torch import *\ndef mine(x):\n    return mean(x)\n",
    "star of functions": "from torch.nn.functional import *\ndef mine(x):\n    return mse_loss(x, x)\n",
    "star below a condition": "if True:\n    from torch import *\ndef mine(x):\n    return mean(x)\n",
    "star of a library that has not been imported": "from library import *\ndef mine(x):\n    return banned(x)\n",
    "star that comes after the module's own": "def mean(x):\n    return x\nfrom torch import *\ndef mine(x):\n    return mean(x)\n",
    "star and a name that may be the module's own": "from torch import *\nif not x:\n    def mean(x):\n        return x\ndef mine(x):\n    return mean(x)\n",
    "module under another of its names": "import torch.nn.functional\nimport torch\ndef mine(x):\n    return torch.functional.torch.mean(x)\n",
    "for": "import torch\nfor f in [torch.mean]:\n    pass\ndef mine(x):\n    return f(x)\n",
    "for that fills": "import torch\nT = []\nfor f in [torch.mean]:\n    T.append(f)\ndef mine(x):\n    return T[0](x)\n",
    "while": "import torch\nwhile f := torch.mean:\n    break\ndef mine(x):\n    return f(x)\n",
    "with": "import torch, contextlib\nwith contextlib.nullcontext(torch.mean) as f:\n    pass\ndef mine(x):\n    return f(x)\n",
    "walrus": "import torch\nif (f := torch.mean):\n    pass\ndef mine(x):\n    return f(x)\n",
    "walrus in a call": "import torch\nprint(f := torch.mean)\ndef mine(x):\n    return f(x)\n",
    "try": "import torch\ntry:\n    f = torch.mean\nexcept ValueError:\n    pass\ndef mine(x):\n    return f(x)\n",
    "match": "import torch\nmatch torch.mean:\n    case f:\n        pass\ndef mine(x):\n    return f(x)\n",
    "tuple": "import torch\na, (f, *b) = 1, (torch.mean, 2)\ndef mine(x):\n    return f(x)\n",
    "global": "import torch\ndef setup():\n    global f\n    f = torch.mean\nsetup()\ndef mine(x):\n    return f(x)\n",
    "global import": "def setup():\n    global mean\n    from torch import mean\nsetup()\ndef mine(x):\n    return mean(x)\n",
    "filled by a function": "import torch\nT = {}\ndef setup():\n    T['m'] = torch.mean\nsetup()\ndef mine(x):\n    return T['m'](x)\n",
    "filled through an argument": "import torch\nT = {}\ndef fill(t):\n    t['m'] = torch.mean\nfill(T)\ndef mine(x):\n    return T['m'](x)\n",
    "filled under another name": "import torch\nT = {}\nU = T\nU['m'] = torch.mean\ndef mine(x):\n    return T['m'](x)\n",
    "attribute of a library": "import torch\ntorch.average = torch.mean\ndef mine(x):\n    return torch.average(x)\n",
    "attribute set by its name": "import torch\nsetattr(torch, 'average', torch.mean)\ndef mine(x):\n    return torch.average(x)\n",
    "a library's dictionary": "import torch\ntorch.__dict__['average'] = torch.mean\ndef mine(x):\n    return torch.average(x)\n",
    "a library's dictionary updated": "import torch\nvars(torch).update(average=torch.mean)\ndef mine(x):\n    return torch.average(x)\n",
    "a builtin": "import builtins, torch\nbuiltins.average = torch.mean\ndef mine(x):\n    return average(x)\n",
    "globals": "import torch\nglobals()['average'] = torch.mean\ndef mine(x):\n    return average(x)\n",
    "looked up in globals": "import torch\naverage = torch.mean\ndef mine(x):\n    return globals()['average'](x)\n",
    "attribute of the function": "import torch\ndef mine(x):\n    return mine.f(x)\nmine.f = torch.mean\n",
    "operations": "import torch\ndef mine(x):\n    return torch.ops.aten.mean(x)\n",
    "operations with their form": "import torch\ndef mine(x):\n    return torch.ops.aten.mean.default(x)\n",
    "operations imported": "from torch.ops import aten as a\ndef mine(x):\n    return a.mean(x)\n",
    "operations by a name": "import torch\ndef mine(x):\n    return getattr(torch.ops.aten, 'me' + 'an')(x)\n",
    "operations by their registration": "import torch\ndef mine(x):\n    return torch._C._jit_get_operation('aten::mean')[0](x)\n",
    "low functions": "import torch\ndef mine(x):\n    return torch._C._nn.mse_loss(x, x)\n",
    "low variable functions": "import torch\ndef mine(x):\n    return torch._C._VariableFunctions.mean(x)\n",
    "references": "import torch._refs\ndef mine(x):\n    return torch._refs.mean(x)\n",
    "base of tensors": "import torch\ndef mine(x):\n    return torch._C.TensorBase.mean(x)\n",
    "getattr": "import torch\ndef mine(x):\n    return getattr(torch, 'mean')(x)\n",
    "getattr of a tensor": "def mine(x):\n    return getattr(x, 'mean')()\n",
    "getattr by a constant": "import torch\nNAME = 'mean'\ndef mine(x):\n    return getattr(torch, NAME)(x)\n",
    "dictionary": "import torch\ndef mine(x):\n    return torch.__dict__['mean'](x)\n",
    "vars": "import torch\ndef mine(x):\n    return vars(torch).get('mean')(x)\n",
    "import_module": "import importlib\ndef mine(x):\n    return importlib.import_module('torch').mean(x)\n",
    "import_module of a part": "from importlib import import_module\nF = import_module('torch.nn.functional')\ndef mine(x):\n    return F.mse_loss(x, x)\n",
    "sys.modules": "import sys\ndef mine(x):\n    return sys.modules['torch'].mean(x)\n",
    "__import__": "def mine(x):\n    return __import__('torch').mean(x)\n",
    "attrgetter": "import operator, torch\ndef mine(x):\n    return operator.attrgetter('mean')(torch)(x)\n",
    "attrgetter of a tensor": "from operator import attrgetter as get\ndef mine(x):\n    return get('mean')(x)()\n",
    "methodcaller": "import operator\nm = operator.methodcaller('mean')\ndef mine(x):\n    return m(x)\n",
    "__getattribute__": "import torch\ndef mine(x):\n    return object.__getattribute__(torch, 'mean')(x)\n",
    "module in a list": "import torch\nL = [torch]\ndef mine(x):\n    return L[0].mean(x)\n",
    "module in a dict": "import torch\nL = {'t': torch}\ndef mine(x):\n    return L.get('t').mean(x)\n",
    "module by default": "import torch\ndef mine(x, t=torch):\n    return t.mean(x)\n",
    "module as an argument": "import torch\ndef help(t, x):\n    return t.mean(x)\ndef mine(x):\n    return help(torch, x)\n",
    "module given back": "import torch\ndef library():\n    return torch\ndef mine(x):\n    return library().mean(x)\n",
    "module by a condition": "import torch\nt = torch if True else None\ndef mine(x):\n    return t.mean(x)\n",
    "module in a loop": "import torch\ndef mine(x):\n    for t in (torch,):\n        return t.mean(x)\n",
    "module in a class": "import torch\nclass L:\n    t = torch\ndef mine(x):\n    return L.t.mean(x)\n",
    "partial": "import functools, torch\nf = functools.partial(torch.mean)\ndef mine(x):\n    return f(x)\n",
    "decorator": "import torch\ndef instead(f):\n    return torch.mean\n@instead\ndef mine(x):\n    return x\n",
    "class attribute": "import torch\nclass C:\n    f = torch.mean\ndef mine(x):\n    return C.f(x)\n",
    "attribute of an instance": "import torch\nclass C:\n    def __init__(self):\n        self.t = torch\n    def mine(self, x):\n        return self.t.mean(x)\n",
    "text that is run": "import torch\ndef mine(x):\n    return eval('torch.ops.aten.mean(x)')\n",
    "lambda that is kept": "import torch\nlibrary = lambda: torch\ndef mine(x):\n    return library().mean(x)\n",
    "comprehension": "import torch\ndef mine(x):\n    return [t.mean(x) for t in [torch]][0]\n",
}
UNLOADED = {"mine": [*NAMES["mine"], "library.banned"]}

FREE = {
    "another function": "import torch\ndef other(x):\n    return torch.mean(x)\ndef mine(x):\n    return x.sum()\n",
    "a comment": "def mine(x):\n    # torch.mean(x) would do\n    return x.sum()\n",
    "a variable that hides a function": "import torch\ndef loss(x):\n    return torch.mean(x)\ndef mine(x):\n    loss = x.sum()\n    return loss\n",
    "a name of its own": "def mine(x):\n    mean = x.sum() / x.numel()\n    return mean\n",
    "a star": "from torch import *\ndef mine(x):\n    return sum(x) / x.numel()\n",
    "a star's name that the module has of its own": "from torch import *\ndef mean(x):\n    return x.sum() / x.numel()\ndef mine(x):\n    return mean(x)\n",
    "a star's name that is a parameter": "from torch import *\ndef mine(x, mean):\n    return x - mean\n",
    "an import's name that is bound anew": "from torch import mean\nmean = sum\ndef mine(x):\n    return mean(x)\n",
    "code below that uses both": "import torch\ndef mine(x):\n    return x.sum()\ny = mine(torch.ones(3))\nz = torch.mean(y)\nprint(y, z, mine(z))\n",
    "a loop below": "import torch\ndef mine(x):\n    return x.sum()\nfor x in torch.ones(2, 3):\n    print(torch.mean(x), mine(x))\n",
    "settings of a library": "import torch\ntorch.backends.cudnn.deterministic = True\ndef mine(x):\n    return x.sum()\n",
    "other operations": "import torch\ndef mine(x):\n    return torch.ops.aten.sum(x)\n",
    "a library's name as a text": "def mine(x):\n    print('torch.mean')\n    return x.sum()\n",
    "another attribute by its name": "import torch\ndef mine(x):\n    return getattr(torch, 'sum')(x)\n",
    "another module's": "import statistics\ndef mine(x):\n    return statistics.mean(x)\n",
}


@pytest.mark.parametrize("text", [*USES.values(), *MORE_USES.values()], ids=[*USES, *MORE_USES])
def test_a_use_is_found(text: str) -> None:
    assert in_source(text, UNLOADED)["mine"]


@pytest.mark.parametrize("name", FREE)
def test_what_is_no_use_is_left_alone(name: str) -> None:
    assert in_source(FREE[name], NAMES)["mine"] == []


def test_text_that_does_not_parse_has_no_findings() -> None:
    assert in_source("def mine(:\n", NAMES) == {}


def test_the_trap_notes_and_raises_and_goes_away() -> None:
    used: list[str] = []
    with trapped("mine", NAMES, "exercises.py", used), pytest.raises(OffLimits, match=r"torch\.mean"):
        torch.mean(torch.ones(2))
    with trapped("mine", NAMES, "exercises.py", used), pytest.raises(OffLimits):
        torch.ones(2).mean()
    assert used == ["torch.mean", "torch.Tensor.mean"]
    assert torch.ones(2).mean() == torch.mean(torch.ones(2))
    assert "mean" not in vars(torch.Tensor)


BOTH = {"mine": ["torch.mean"], "other": ["torch.mean"]}
CALLS_OTHER = "import torch\ndef other(x):\n    return torch.mean(x)\ndef mine(x):\n    return other(x)\n"


def test_what_another_exercise_may_not_use_is_charged_to_that_one_alone() -> None:
    assert in_source(CALLS_OTHER, BOTH) == {"mine": [], "other": ["torch.mean"]}
    assert in_source(CALLS_OTHER, {"mine": ["torch.mean"], "other": ["torch.sum"]})["mine"] == ["torch.mean"]
    space: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {}
    exec(compile(CALLS_OTHER, "exercises.py", "exec"), space)
    used: list[str] = []
    with trapped("mine", BOTH, "exercises.py", used):
        assert space["mine"](torch.ones(2)) == 1
    with trapped("other", BOTH, "exercises.py", used), pytest.raises(OffLimits):
        space["other"](torch.ones(2))
    assert used == ["torch.mean"]


BACKWARD = {"mine": ["torch.Tensor.backward", "torch.autograd.grad"]}
LAYER = "import torch\nfrom torch import nn\nclass Layer:\n    def backward(self, g):\n        return g\n"
OWN_METHOD = {
    "an instance": "def mine(x):\n    layer = Layer()\n    return layer.backward(x)\n",
    "made on the spot": "def mine(x):\n    return Layer().backward(x)\n",
    "instances in a list": "def mine(x):\n    for layer in reversed([Layer(), Layer()]):\n        x = layer.backward(x)\n    return x\n",
    "instances in another order": "def mine(x):\n    layers = [Layer() for _ in range(3)]\n    return layers[-1].backward(x)\n",
    "an argument": "def mine(layers, x):\n    for layer in layers[::-1]:\n        x = layer.backward(x)\n    return x\n",
    "an attribute": "class Net:\n    def __init__(self):\n        self.first = Layer()\n    def go(self, x):\n        return self.first.backward(x)\ndef mine(x):\n    return Net().go(x)\n",
    "of the class itself": "class Net(Layer):\n    def go(self, x):\n        return self.backward(x)\ndef mine(x):\n    return Net().go(x)\n",
    "of the class above": "class Net(Layer):\n    def backward(self, x):\n        return super().backward(x)\ndef mine(x):\n    return Net().backward(x)\n",
    "what a helper makes": "def build():\n    return Layer()\ndef mine(x):\n    net = build()\n    return net.backward(x)\n",
    "a static one": "class F:\n    @staticmethod\n    def backward(x):\n        return x\ndef mine(x):\n    return F.backward(x)\n",
    "an exercise of that name": "def backward(x):\n    return x\ndef mine(x):\n    return backward(x)\n",
}
TENSORS_METHOD = {
    "arithmetic": "def mine(x):\n    loss = (x - 1) ** 2\n    loss.backward()\n    return x.grad\n",
    "a chain": "def mine(x):\n    loss = (x - 1).pow(2).mean()\n    loss.backward()\n    return x.grad\n",
    "on the spot": "def mine(x):\n    (x * x).sum().backward()\n    return x.grad\n",
    "a library's function": "def mine(x):\n    loss = torch.sum(x)\n    loss.backward()\n    return x.grad\n",
    "a loss": "def mine(x):\n    loss = nn.MSELoss()(x, x)\n    loss.backward()\n    return x.grad\n",
    "a module's output": "def mine(model, x):\n    out = model(x)\n    out.backward()\n    return x.grad\n",
    "handed to a helper": "def help(t):\n    t.backward()\ndef mine(x):\n    help((x * x).sum())\n    return x.grad\n",
    "what a helper computes": "def loss(x):\n    return (x * x).sum()\ndef mine(x):\n    loss(x).backward()\n    return x.grad\n",
    "in a list": "def mine(x):\n    [(x * x).sum()][0].backward()\n    return x.grad\n",
    "kept in an attribute": "class Net:\n    def go(self, x):\n        self.loss = x * x\n        self.loss.backward()\ndef mine(x):\n    return Net().go(x)\n",
    "of another class": "class Other:\n    pass\ndef mine(x):\n    return Other().backward(x)\n",
    "of the class above": "class T(torch.Tensor):\n    def backward(self):\n        super().backward()\ndef mine(x):\n    return T(x).backward()\n",
    "unbound": "def mine(x):\n    torch.Tensor.backward(x)\n    return x.grad\n",
    "one or the other": "def mine(x):\n    layer = Layer()\n    layer = x * x\n    return layer.backward()\n",
    "the engine": "def mine(x):\n    return torch.autograd.Variable._execution_engine.run_backward((x,), (x,), True, False, ())\n",
}


@pytest.mark.parametrize("name", OWN_METHOD)
def test_a_method_of_the_modules_own_classes_is_its_own(name: str) -> None:
    assert in_source(LAYER + OWN_METHOD[name], BACKWARD)["mine"] == []


@pytest.mark.parametrize("name", TENSORS_METHOD)
def test_a_tensors_method_is_found_beside_a_class_that_has_one_of_that_name(name: str) -> None:
    assert in_source(LAYER + TENSORS_METHOD[name], BACKWARD)["mine"]


def test_without_such_a_class_the_method_is_found_whatever_the_object_is() -> None:
    assert in_source("def mine(thing):\n    return thing.backward()\n", BACKWARD)["mine"] == ["torch.Tensor.backward"]


def test_a_class_and_its_other_addresses_are_one() -> None:
    names = {"mine": ["torch.nn.MSELoss"]}
    for way in ("torch.nn.modules.MSELoss", "torch.nn.modules.loss.MSELoss", "torch.nn.MSELoss"):
        assert in_source(f"import torch\ndef mine(x):\n    return {way}()(x, x)\n", names)["mine"] == names["mine"]


def test_an_operation_counts_as_the_function_that_is_made_of_it() -> None:
    for name, use in (
        ("torch.nn.functional.relu", "torch.ops.aten.relu_"),
        ("torch.softmax", "torch.ops.aten._softmax.default"),
        ("torch.nn.functional.layer_norm", "torch.ops.aten.native_layer_norm"),
        ("torch.linalg.solve", "torch._C._linalg.linalg_solve"),
        ("torch.nn.functional.cross_entropy", "torch._C._nn.cross_entropy_loss"),
        ("torch.nn.LeakyReLU", "torch._C._nn.leaky_relu"),
    ):
        text = f"import torch\ndef mine(x):\n    return {use}(x)\n"
        assert in_source(text, {"mine": [name]}) == {"mine": [name]}
        assert in_source(text, {"mine": ["torch.mean"]}) == {"mine": []}


def test_hostile_shapes_of_source_are_read_in_time() -> None:
    many = "import torch\n" + "".join(f"a{n} = a{n + 1}, a{n + 1}\n" for n in range(300)) + "a300 = torch\n"
    chain = "import torch\ndef mine(x):\n    return " + "x" + ".a" * 500 + "\n"
    circle = (
        "import torch\ndef f(x):\n    return g(x)\ndef g(x):\n    return f(x)\ndef mine(x):\n    return f(x).mean(x)\n"
    )
    started = time.process_time()
    calls = "import torch\ndef mine(x):\n    return torch.mean(x" + ".view(1)" * 60 + ")\n"
    looked_up = "import torch\ndef mine(x):\n    return torch.mean(x" + "[0]" * 60 + ")\n"
    for text in (many + "def mine(x):\n    return a0[0]\n", chain, circle):
        in_source(text, NAMES)
    for text in (calls, looked_up):
        assert in_source(text, NAMES)["mine"] == ["torch.mean"]
    assert time.process_time() - started < 4
