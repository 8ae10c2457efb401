"""Hidden scenarios of `Trainer`."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CPU = torch.device("cpu")  # where batches often come from, wherever the model is


def mse(y, y_hat):
    """Return the mean squared error."""
    return (y - y_hat).square().mean()


def cross_entropy(y, y_hat):
    """Return the mean cross-entropy of logits."""
    return nn.functional.cross_entropy(y_hat, y)


def loader(rng, n, batch_size, device, dtype=torch.float32, scale=1.0):
    """Return batches of n rows with three features and a target, in their order."""
    X = scale * torch.randn(n, 3, generator=rng, dtype=dtype)
    y = X.sum(dim=1, keepdim=True) + 0.5 * torch.randn(n, 1, generator=rng, dtype=dtype) + 1
    return DataLoader(TensorDataset(X.to(device), y.to(device)), batch_size=batch_size)


def network(rng, device, dtype=torch.float32):
    """Return a network with known weights."""
    return fill(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), rng, device, dtype)


def fill(model, rng, device, dtype=torch.float32):
    """Give a model's parameters known values, without the global generator."""
    model = model.to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=rng, dtype=dtype))
    return model.to(device)


def told(history, model, dtype=torch.float32):
    """Return a history as tensors in the model's precision, and the model's parameters and buffers."""
    losses = {name: torch.tensor([float(value) for value in history[name]], dtype=dtype) for name in sorted(history)}
    return {"history": losses, "parameters and buffers": state(model)}


def state(model):
    """Return a model's parameters and buffers."""
    return [value.detach().clone() for value in model.state_dict().values()]


@pytest.mark.exercise("Trainer")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_fit_follows_the_loop(lesson, device, rng, dtype):
    """Losses are means over the samples, also of a short last batch; every batch is one update; then comes validation."""
    train, validation = loader(rng, 10, 4, CPU, dtype), loader(rng, 7, 3, CPU, dtype)
    model = network(rng, device, dtype)
    trainer = lesson.Trainer(model, torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9), mse)
    return told(trainer.fit(train, validation, 4), model, dtype)


@pytest.mark.exercise("Trainer")
@pytest.mark.check("two_lists_of_floats")
@pytest.mark.parametrize("epochs", [0, 1, 3])
def test_the_history_is_two_lists_of_floats(lesson, device, rng, epochs):
    """The history has two lists with a Python float for each epoch."""
    train, validation = loader(rng, 5, 5, device), loader(rng, 4, 4, device)
    model = network(rng, device)
    trainer = lesson.Trainer(model, torch.optim.SGD(model.parameters(), lr=0.01), mse)
    return {
        "a first fit, of one epoch": trainer.fit(train, validation, 1),
        f"a second fit, of {epochs} epochs": trainer.fit(train, validation, epochs),
    }


@pytest.mark.exercise("Trainer")
def test_a_second_fit_goes_on(lesson, device, rng):
    """A second fit goes on from where the first one ended, whatever lies in `.grad`, and has a history of its own."""
    train, validation = loader(rng, 6, 3, device), loader(rng, 4, 2, device)
    model = network(rng, device)
    trainer = lesson.Trainer(model, torch.optim.Adam(model.parameters(), lr=0.02), mse)
    first = trainer.fit(train, validation, 2)
    after_first = told(first, model)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=rng).to(device)
    return {"after the first fit": after_first, "after the second fit": told(trainer.fit(train, validation, 2), model)}


@pytest.mark.exercise("Trainer")
@pytest.mark.weight(2)
def test_evaluate_learns_nothing(lesson, device, rng):
    """Parameters, buffers, gradients and modes stay; dropout and batch normalization are in evaluation mode meanwhile."""
    layers = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    model = fill(layers, rng, device)
    model.train()
    model[3].eval()
    trainer = lesson.Trainer(model, torch.optim.SGD(model.parameters(), lr=0.1), mse)
    data = loader(rng, 8, 3, CPU)
    loss = trainer.evaluate(data)
    return {
        "the loss that evaluate gives": loss,
        "parameters and buffers": state(model),
        "gradients": [parameter.grad for parameter in model.parameters()],
        "modes": [part.training for part in model.modules()],
    }


@pytest.mark.exercise("Trainer")
def test_evaluate_keeps_gradients_that_lie_there(lesson, device, rng):
    """Gradients that lay in `.grad` before `evaluate` are still there afterwards, and no graph is made."""
    model = network(rng, device)
    data = loader(rng, 5, 2, device)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=rng).to(device)
    seen = []
    handle = model.register_forward_hook(lambda *given: seen.append(given[-1].requires_grad))
    lesson.Trainer(model, torch.optim.SGD(model.parameters(), lr=0.1), mse).evaluate(data)
    handle.remove()
    return {
        "gradients": [parameter.grad for parameter in model.parameters()],
        "requires_grad of the model's output, batch by batch": seen,
    }


@pytest.mark.exercise("Trainer")
@pytest.mark.weight(4)
def test_it_trains_in_training_mode_and_evaluates_in_evaluation_mode(lesson, device, rng):
    """In every epoch batch normalization learns its statistics from the training batches and from nothing else."""
    model = fill(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1)), rng, device)
    model.eval()
    trainer = lesson.Trainer(model, torch.optim.SGD(model.parameters(), lr=0.02), mse)
    return told(trainer.fit(loader(rng, 9, 3, device), loader(rng, 6, 3, device, scale=5.0), 3), model)


@pytest.mark.exercise("Trainer")
@pytest.mark.weight(4)
def test_the_scheduler_steps_once_an_epoch(lesson, device, rng):
    """The learning rate changes after each epoch, not after each batch, and not before the first."""
    train, validation = loader(rng, 9, 3, device), loader(rng, 4, 4, device)
    model = network(rng, device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    history = lesson.Trainer(model, optimizer, mse, scheduler).fit(train, validation, 3)
    return {**told(history, model), "the learning rate at the end": optimizer.param_groups[0]["lr"]}


@pytest.mark.exercise("Trainer")
@pytest.mark.weight(9)
def test_gradients_are_clipped_by_their_global_norm(lesson, device, rng):
    """Before each update the norm over all gradients together is brought down to `max_norm`, and never up."""
    train, validation = loader(rng, 8, 4, device, scale=6.0), loader(rng, 4, 4, device)
    small, results = loader(rng, 6, 3, device, scale=0.01), {}
    for name, data, max_norm in (("large gradients", train, 0.7), ("small gradients", small, 1e4)):
        model = network(rng, device)
        trainer = lesson.Trainer(model, torch.optim.SGD(model.parameters(), lr=0.1), mse, max_norm=max_norm)
        results[name] = told(trainer.fit(data, validation, 2), model)
    return results


def scripted(losses):
    """Return a loss whose values in evaluation mode follow a script, and the model's only weight, which counts updates."""
    model = nn.Linear(1, 1, bias=False)
    model.register_buffer("epochs", torch.zeros(()))
    script = iter(losses)

    def loss_fn(y, y_hat):
        if torch.is_grad_enabled():
            model.epochs += 1
            return (y_hat - y_hat.detach() + y).mean()
        return (y_hat * 0).mean() + next(script)

    return model, loss_fn


def stopped(lesson, device, rng, losses, patience, epochs, fits=1):
    """Return the histories, the weight and the buffer after fits with scripted validation losses, all moved by a drawn number."""
    base, start = (int(number) / 8 for number in torch.randint(0, 800, (2,), generator=rng))
    model, loss_fn = scripted([base + loss for loss in losses])
    model.to(device)
    with torch.no_grad():
        model.weight.fill_(start)
    one = DataLoader(TensorDataset(torch.ones(1, 1, device=device), torch.ones(1, 1, device=device)))
    trainer = lesson.Trainer(model, torch.optim.SGD(model.parameters(), lr=1.0), loss_fn, patience=patience)
    found = {}
    for name in ("fit", "second fit")[:fits]:
        history = trainer.fit(one, one, epochs)
        found[f"history of the {name}"] = {key: [float(loss) for loss in history[key]] for key in sorted(history)}
    return {**found, "weight": model.weight.detach().clone(), "buffer": model.epochs.clone()}


SCRIPTS = {
    "better, then worse": [5.0, 4.0, 4.5, 4.2, 4.4, 3.0, 3.0],
    "counting starts anew": [5.0, 6.0, 4.0, 4.5, 3.5, 3.6, 3.7, 3.8],
    "equal is no better": [2.0, 2.0, 2.0, 2.0, 2.0],
    "NaN is no better": [3.0, float("nan"), float("nan"), float("nan"), 1.0],
    "no number at first": [float("nan"), float("inf"), 4.0, 4.5, 3.9, 4.1, 4.2],
}


@pytest.mark.exercise("Trainer")
@pytest.mark.weight(0.5)
@pytest.mark.parametrize("name", list(SCRIPTS))
@pytest.mark.parametrize("patience", [1, 3])
def test_it_stops_and_restores_the_best(lesson, device, rng, name, patience):
    """Training stops after `patience` epochs in a row without a lower loss; weights and buffers are those of the best."""
    return stopped(lesson, device, rng, [*SCRIPTS[name], *[9.0] * 8], patience, 8)


@pytest.mark.exercise("Trainer")
def test_the_best_is_restored_also_when_the_epochs_run_out(lesson, device, rng):
    """With patience left over the best epoch is restored all the same; without patience nothing is."""
    losses = [3.0, 1.0, 2.0, 2.5]
    return {
        "with patience left over": stopped(lesson, device, rng, losses, 9, 4),
        "without patience": stopped(lesson, device, rng, losses, None, 4),
    }


@pytest.mark.exercise("Trainer")
def test_every_fit_counts_anew(lesson, device, rng):
    """A second fit has a best epoch of its own, and starts from the restored weights."""
    return stopped(lesson, device, rng, [1.0, 2.0, 2.0, 5.0, 4.0, 6.0, 6.0], 2, 8, fits=2)


@pytest.mark.exercise("Trainer")
def test_without_a_number_nothing_is_restored(lesson, device, rng):
    """If every validation loss is NaN the model stays as the last epoch left it."""
    return stopped(lesson, device, rng, [float("nan")] * 5, 2, 5)


@pytest.mark.exercise("Trainer")
def test_neither_optimizer_nor_scheduler_is_set_back(lesson, device, rng):
    """The scheduler also steps in the epoch in which the fit stops; only the model goes back to the best epoch."""
    start, lr = (float(number) + 0.1 for number in torch.rand(2, generator=rng))
    model, loss_fn = scripted([5.0, 4.0, 4.5, 4.2, 3.0, 3.0])
    model.to(device)
    with torch.no_grad():
        model.weight.fill_(start)
    one = DataLoader(TensorDataset(torch.ones(1, 1, device=device), torch.ones(1, 1, device=device)))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.5)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    lesson.Trainer(model, optimizer, loss_fn, scheduler, patience=2).fit(one, one, 6)
    return {
        "weight": model.weight.detach().clone(),
        "the learning rate at the end": optimizer.param_groups[0]["lr"],
        "epochs that the scheduler has counted": scheduler.last_epoch,
        "the optimizer's momentum": [part.get("momentum_buffer") for part in optimizer.state.values()],
    }


def layers(kind):
    """Return the layers of a network for a run that is saved and loaded."""
    norm = [nn.BatchNorm1d(4)] if kind == "batch normalization" else []
    return nn.Sequential(nn.Linear(3, 4), *norm, nn.Tanh(), nn.Linear(4, 1))


def loaded(lesson, device, rng, path, kind):
    """Save a run of two epochs, load it into a trainer with other weights, and return what three epochs more give there."""
    train, validation = loader(rng, 9, 3, CPU, torch.float64), loader(rng, 4, 4, CPU, torch.float64)
    start = fill(layers(kind), rng, device, torch.float64).state_dict()

    def trainer(weights):
        model = layers(kind).to(device, torch.float64)
        if weights is not None:
            model.load_state_dict(weights)
        if kind == "a scheduler":
            optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
            return lesson.Trainer(model, optimizer, mse, torch.optim.lr_scheduler.StepLR(optimizer, 3, 0.1)), model
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        return lesson.Trainer(model, optimizer, mse), model

    first, _ = trainer(start)
    first.fit(train, validation, 2)
    first.save(path)
    second, model = trainer(None)
    second.load(str(path))
    return {"validation loss after load": second.evaluate(validation)} | told(
        second.fit(train, validation, 3), model, torch.float64
    )


@pytest.mark.exercise("Trainer")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", ["momentum", "batch normalization"])
def test_a_loaded_run_goes_on_exactly(lesson, device, rng, tmp_path, kind):
    """After `load` training goes on exactly: weights, buffers and the optimizer's state are those that were saved."""
    return loaded(lesson, device, rng, tmp_path / "run.pt", kind)


@pytest.mark.exercise("Trainer")
@pytest.mark.weight(9)
def test_a_loaded_scheduler_goes_on_exactly(lesson, device, rng, tmp_path):
    """After `load` the scheduler goes on with the count that was saved, so the learning rates are those of one long run."""
    return loaded(lesson, device, rng, tmp_path / "run.pt", "a scheduler")


@pytest.mark.exercise("Trainer")
def test_an_old_file_is_replaced(lesson, device, rng, tmp_path):
    """Saving twice keeps the later state; saving changes nothing in the model."""
    train, validation = loader(rng, 6, 3, device), loader(rng, 4, 4, device)
    model = network(rng, device)
    trainer = lesson.Trainer(model, torch.optim.SGD(model.parameters(), lr=0.05), mse)
    for _ in range(2):
        trainer.fit(train, validation, 1)
        trainer.save(tmp_path / "run.pt")
    later = state(model)
    trainer.fit(train, validation, 1)
    trainer.load(tmp_path / "run.pt")
    return {"parameters after the second save": later, "parameters after load": state(model)}


@pytest.mark.exercise("Trainer")
@pytest.mark.check("digits_are_learned")
@pytest.mark.weight(2)
def test_it_learns_the_digits(lesson, device, rng):
    """With scheduler, clipping and patience all switched on, the digits are learned: nearly all test images are right."""
    X, y = load_digits(return_X_y=True)
    always_the_same = torch.Generator().manual_seed(0)
    order = torch.randperm(len(X), generator=always_the_same)
    X, y = torch.tensor(X, dtype=torch.float32)[order] / 16, torch.tensor(y)[order]
    parts = [TensorDataset(X[a:b], y[a:b]) for a, b in ((0, 1197), (1197, 1347), (1347, 1797))]
    train = DataLoader(parts[0], batch_size=32, shuffle=True, generator=always_the_same)
    model = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 10))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.2 * torch.rand(parameter.shape, generator=always_the_same) - 0.1)
    model.to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 12)
    trainer = lesson.Trainer(model, optimizer, cross_entropy, scheduler, max_norm=1.0, patience=6)
    trainer.fit(train, DataLoader(parts[1], batch_size=150), 12)
    model.eval()
    asked = 1347 + torch.randperm(450, generator=rng)
    with torch.no_grad():
        logits = model(X[asked].to(device))
    return {"logits": logits, "y": y[asked]}
