// The controls of a running training, as a widget of anywidget. They send commands {verb, value}; the training answers
// each time with its state {paused, learning_rate, remark}.
//
// A control is enabled once the training has answered, and not before: a kernel may not hear messages while a cell runs.
// Where it does not, "Stop" interrupts the kernel, which ends a training between two batches, if the page can do that.

const APPEAR_AFTER = 700; // ms; a training that is over by then shows no controls, and the page does not jump
const ANSWER_WITHIN = 2500; // ms; then the page says that nobody hears, and still asks now and then
const ASK_FIRST = 150; // ms between the first two questions, and twice as long between any later two
const UNHEARD = "Not heard while the cell runs";
const NOTHING_LOST = "use the notebook's ■ button: nothing is lost";

function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const kernel = model.widget_manager?.kernel;
  const interrupts = typeof kernel?.interrupt === "function";
  let answered = false;
  let paused = false;

  const pause = element("button", { type: "button", textContent: "Pause", disabled: true });
  const stop = element("button", { type: "button", textContent: "Stop", disabled: true });
  const rate = element("input", { type: "text", inputMode: "decimal", disabled: true, autocomplete: "off" });
  const set = element("button", { type: "button", textContent: "Set", disabled: true });
  set.setAttribute("aria-label", "Set the learning rate");
  const label = element("label", {}, "Learning rate ", rate);
  const status = element("span", {});
  status.setAttribute("role", "status");
  const controls = element("div", { className: "nbkeras-controls", hidden: true }, pause, stop, label, set, status);
  controls.setAttribute("role", "group");
  controls.setAttribute("aria-label", "Controls of the training");
  el.dataset.lmSuppressShortcuts = "true"; // in JupyterLab, Enter and Space press a button here and edit no cell
  el.append(controls);

  const say = (words) => (status.textContent = words);

  function show(state) {
    answered = true;
    paused = state.paused;
    pause.disabled = stop.disabled = false;
    pause.textContent = paused ? "Resume" : "Pause";
    rate.disabled = set.disabled = state.learning_rate === null;
    if (document.activeElement !== rate && state.learning_rate !== null) {
      rate.value = String(Number(state.learning_rate.toPrecision(6)));
    }
    say(state.remark || (paused ? "Paused" : ""));
  }

  function missAnswer() {
    if (answered) return;
    stop.disabled = !interrupts;
    say(interrupts ? `${UNHEARD}: Pause and Learning rate. Stop, or ${NOTHING_LOST}` : `${UNHEARD}: ${NOTHING_LOST}`);
  }

  async function interrupt() {
    try {
      await kernel.interrupt();
    } catch {
      say(`The kernel could not be interrupted from here; ${NOTHING_LOST}`);
    }
  }

  pause.addEventListener("click", () => {
    say(paused ? "Goes on …" : "Pauses after this batch …");
    model.send({ verb: paused ? "resume" : "pause" });
  });
  stop.addEventListener("click", () => {
    say("Stops after this batch …");
    if (answered) model.send({ verb: "stop" });
    else interrupt();
  });
  function setRate() {
    const text = rate.value.trim();
    const value = text === "" ? NaN : Number(text);
    if (value > 0 && Number.isFinite(value)) model.send({ verb: "learning_rate", value });
    else say(`The learning rate has to be a number above 0, got "${text}"`);
  }
  set.addEventListener("click", setRate);
  rate.addEventListener("keydown", (event) => event.key === "Enter" && setRate());
  model.on("msg:custom", show);
  let asking;
  function ask(pause) {
    if (answered) return;
    model.send({ verb: "ping" }); // a first message may wait for the cell to end where a later one does not
    asking = setTimeout(ask, pause, 2 * pause);
  }
  ask(ASK_FIRST);
  const appearing = setTimeout(() => (controls.hidden = false), APPEAR_AFTER);
  const missing = setTimeout(missAnswer, ANSWER_WITHIN);

  return () => {
    [asking, appearing, missing].forEach(clearTimeout);
    model.off("msg:custom", show);
  };
}

// Tells the kernel that the page has the widget: closed before that, it would end in an error on the page.
function initialize({ model }) {
  setTimeout(() => model.send({ verb: "ping" }));
}

export default { initialize, render };
