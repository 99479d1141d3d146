"""Names that want to be more than text, and every view with such a name wherever one is shown."""

import numpy as np

from nbkeras import layers, models, utils
from nbkeras.explain import AttentionMap, AttentionMaps, Explanation, Importance
from nbkeras.inspection import Watch, assess, inspect_step
from nbkeras.notebook.training.facts import Facts
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.views.evaluation import evaluation_bundle
from nbkeras.notebook.views.explained import Words
from nbkeras.notebook.views.explanation import explanation_bundle
from nbkeras.notebook.views.inputs import Inputs
from nbkeras.notebook.views.model import model_bundle
from nbkeras.notebook.views.prediction import prediction_bundle
from nbkeras.notebook.views.runs import details_bundle, list_bundle, overlay_bundle
from nbkeras.notebook.views.step import step_bundle
from nbkeras.notebook.views.training import Progress, final_bundle, live_bundle
from nbkeras.notebook.views.watch import watch_bundle

RUN = "window.hacked=1"
NAMES = [
    f"<script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT>",
    f"<script src=data:,{RUN}></script>",
    f"<script/x>{RUN}</script>",
    f"<<script>{RUN}//<</script>",
    f"</script><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</pre><script>{RUN}</script>",
    f"</td></tr></table><script>{RUN}</script>",
    f"</text></svg><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"<!--<img src=--><img src=x onerror={RUN}//-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x:x onerror='{RUN}'>",
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f"`><img src=x onerror={RUN}>",
    f"<img/src=x/onerror={RUN}>",
    f"<img src=x onerror\n=\n{RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><foreignObject><img src=x onerror={RUN}></foreignObject></svg>",
    f"<svg><a xlink:href='javascript:{RUN}'><text y=20>x</text></a></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<body onload={RUN}>",
    f"<iframe src=javascript:{RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<a href='javascript:{RUN}'>x</a>",
    f"<a href='java\tscript:{RUN}' autofocus onfocus={RUN}>x</a>",
    f"<form><button formaction=javascript:{RUN}>x</button></form>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<div style=animation-name:x onanimationstart={RUN}>",
    f"<style>@import 'javascript:{RUN}';</style>",
    f"<link rel=stylesheet href='data:text/css,*{{display:none}}' onload={RUN}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    "<base href=https://example.org/>",
    f'" onmouseover="{RUN}',
    f"' onmouseover='{RUN}",
    f'" style="position:fixed;inset:0" onclick="{RUN}',
    f"javascript:{RUN}",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"&#x3c;img src=x onerror={RUN}&#x3e;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"${{{RUN}}} {{{{{RUN}}}}} `{RUN}` %s {{0}}",
    f'[x](javascript:{RUN}) ![x](x"onerror="{RUN})',
    f"$$\\href{{javascript:{RUN}}}{{x}}$$",
    "</summary></details></div></div><h1>x</h1>",
]
HIDDEN = [
    "a\0b",
    "\x1b[2J\x1b]0;x\x07",
    "bell\x07 back\x08\x08\x08 \x7f \x9b31m",
    "invoice\u202etxt.exe",
    "\u2066isolated\u2069 \u200fright \u061c",
    "\ufeffnothing\u200b\u2060here",
    "two\u2028lines\u2029more",
    "\ud800 half",
    "none\ufffe\uffff",
    "\U000e0041\U000e0042",
    "\r\x0b\x0c",
]
LONG = ["a" * 5000, "<b>" * 2000, "ﷺ" * 500]


def model_of(name):
    """A model that shows a name wherever it can; names of layers have no slash and are not long."""
    name = name.replace("/", "∕")[:200]
    first = x = layers.Input((4,), name=f"{name} in")
    for number in range(3):
        x = layers.Dense(4, activation="relu", name=f"{name} {number}")(x)
    skipped = layers.add([x, first], name=f"{name} +")
    model = models.Model(first, layers.Dense(2, name=f"{name} out")(skipped), name=name)
    model.compile("sgd", "mse")
    model.remarks = (name,)
    return model


def record_of(name):
    record = Record()
    record.begin()
    for value in (3.0, 2.0, 1.0):
        record.add_epoch({"loss": value, name: value, f"val_{name}": value})
    return record


def trainings(name):
    record = record_of(name)
    progress = Progress(name, epochs=3, finished=3, batches=2, opening=name, outcome=name, remark=name, divergence=name)
    yield "a training", live_bundle(record, progress)
    yield "what a training left", final_bundle(record, progress, True)
    points = {name: [(1, 1.0), (2, 2.0)], "loss": [(1, 1.0), (2, 0.5)]}
    known = {"data": {name: name}, "settings": {name: name}, "began": name, "commit": name, "planned": 2, "finished": 2}
    facts = Facts(name, name, outcome=name, optimizer=name, points=points, **known)
    yield "a run", details_bundle(facts, True, in_text=True)
    yield "runs", list_bundle(name, [facts], True, in_text=True)
    yield "the curves of runs", overlay_bundle([facts, facts])


def explanations(name, model):
    shapes = {"a table": (1, 3), "a picture": (1, 8, 8, 3), "a series": (1, 5, 3)}
    words = Words([name] * 3, [name] * 2)
    about = {"outputs": np.array([[0.2, 0.8]]), "targets": np.ones(1, int)}
    for what, shape in shapes.items():
        attributions = np.linspace(-1, 1, np.prod(shape)).reshape(shape)
        settings = {"layer": name}
        found = Explanation("occlusion", attributions, np.ones(shape), **about, settings=settings)
        yield f"an explanation of {what}", explanation_bundle(model, found, words)
    found = Explanation("occlusion", np.ones((1, 3)), np.ones((1, 3), int), **about, tokens=True)
    yield "an explanation of words", explanation_bundle(model, found, Words({1: name}, {1: name}))
    maps = AttentionMaps((AttentionMap(name, np.full((1, 1, 3, 3), 1 / 3)),), np.ones((1, 3), int), **about)
    yield "where layers look", explanation_bundle(model, maps, words)
    yield "importance", explanation_bundle(model, Importance(name, 1.0, np.ones(3), np.ones(3), 5, 10), words)


def results(name):
    rng = np.random.default_rng(0)
    y, p, x = rng.integers(0, 3, 30), rng.random((30, 3)).astype("float32"), Inputs(rng.random((30, 4)))
    model = models.Sequential([layers.Input((3,)), layers.Softmax()])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.evaluate(p, y, verbose=0)
    yield "an evaluation", evaluation_bundle(assess(model, y, p), x, [lambda index: name])
    yield "predictions", prediction_bundle(name, [p, p], [name, name], x, [lambda index: name] * 2, 5)


def views(name):
    """(what it shows, bundle) of every view."""
    utils.set_random_seed(0)  # what a step finds depends on the weights
    model = model_of(name)
    x, y = np.ones((8, 4), "float32"), np.ones((8, 2), "float32")
    yield "a model", model_bundle(model, with_code=True)
    yield from trainings(name)
    yield from explanations(name, model)
    yield "a step", step_bundle(inspect_step(model, x, y))
    watch = Watch([model.layers[1].name], x, y)
    watch.set_model(model)
    watch.on_train_begin()
    watch.on_epoch_end(0)
    yield "watched layers", watch_bundle(name, watch)
    yield from results(name)
