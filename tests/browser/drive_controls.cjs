// Uses the controls of a running `%fit` in JupyterLab as a reader does, and prints what the page shows.
//
//   node drive_controls.cjs SCENARIO URL PICTURE_PREFIX TIMEOUT_SECONDS
//
// Scenarios, on a notebook whose third cell trains:
//   control    pauses, resumes, sets the learning rate and stops, where the kernel hears it while a cell runs
//   interrupt  stops where it does not
//   reload     reloads the page half way, waits for the kernel, and runs the last cell
//   reopen     opens the notebook and runs nothing
//   updates    runs the first cells, and says how large the page has become after each

const { command, open, picture, pixels, run, settled, useTheme, withPage } = require("./lab_page.cjs");

const TRAINING = 2;
const LAST = 3;

function runCells(page, ...indices) {
  return page.evaluate(async (indices) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    for (const index of indices) {
      content.activeCellIndex = index;
      content.deselectAll();
      await window.jupyterapp.commands.execute("notebook:run-cell");
    }
  }, indices);
}

// What a reader sees of the training at this moment.
function look(page) {
  return page.evaluate((index) => {
    const node = window.jupyterapp.shell.currentWidget.content.widgets[index].node;
    const controls = node.querySelector(".nbkeras-controls");
    const [pause, stop, set] = controls?.querySelectorAll("button") ?? [];
    const area = node.querySelector(".jp-OutputArea");
    const paths = [...area.querySelectorAll("svg path[stroke='#0072B2']")];
    return {
      done: area.querySelector("progress")?.value ?? null,
      text: area.innerText,
      curve: paths.map((path) => path.getAttribute("d")).reduce((a, b) => (a.length > b.length ? a : b), ""),
      alts: [...area.querySelectorAll("img")].filter((image) => image.naturalWidth > 0).map((image) => image.alt),
      controls: controls && {
        shown: controls.getBoundingClientRect().height > 0,
        labels: [controls.getAttribute("aria-label"), pause.textContent, stop.textContent, set.getAttribute("aria-label")],
        enabled: [pause, stop, set].map((button) => !button.disabled),
        rate: controls.querySelector("input").value,
        labelled: controls.querySelector("input").labels.length,
        status: controls.querySelector("[role=status]").textContent,
      },
    };
  }, TRAINING);
}

// Waits until `found` holds of what is seen, and returns that.
async function seen(page, what, found, timeout) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const now = await look(page);
    if (found(now)) return now;
    if (Date.now() > deadline) throw new Error(`not seen: ${what}; instead ${JSON.stringify(now)}`);
    await page.waitForTimeout(50);
  }
}

async function shoot(page, path) {
  await page.evaluate((index) => {
    window.jupyterapp.shell.currentWidget.content.widgets[index].node.scrollIntoView({ block: "start" });
  }, TRAINING);
  await page.waitForTimeout(200);
  await page.screenshot({ path });
}

// Presses Tab until a control of this selector has the focus; the number of presses.
async function tabTo(page, selector) {
  for (let presses = 1; presses <= 12; presses++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return presses;
  }
  throw new Error(`Tab does not reach ${selector}`);
}

// Has every control used, the first ones by the keyboard.
async function useAll(page, prefix, timeout) {
  const ready = await seen(page, "an answer", (now) => now.controls?.shown && now.controls.enabled[0], timeout);
  await page.focus(".nbkeras-controls button");
  await page.keyboard.press("Space");
  await seen(page, "paused", (now) => now.controls.labels[1] === "Resume" && now.text.includes("paused"), timeout);
  const paused = await look(page);
  await page.waitForTimeout(1000);
  const stillPaused = await look(page);
  await shoot(page, `${prefix}-paused.png`);
  await page.keyboard.press("Enter");
  const resumed = await seen(page, "goes on", (now) => now.done > paused.done, timeout);
  const presses = await tabTo(page, ".nbkeras-controls input");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("0.003");
  await page.keyboard.press("Enter");
  const rated = await seen(page, "new rate", (now) => now.text.includes("→ 0.003 in epoch"), timeout);
  await shoot(page, `${prefix}-rate.png`);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("-1");
  await page.keyboard.press("Enter");
  const refused = await seen(page, "refusal", (now) => now.controls.status.includes("above 0"), timeout);
  return { ready, paused, stillPaused, resumed, presses, rated, refused };
}

async function useStop(page, prefix, timeout) {
  return { ready: await seen(page, "Stop", (now) => now.controls?.shown && now.controls.enabled[1], timeout) };
}

async function train(page, url, prefix, timeout, use) {
  await open(page, url, timeout);
  const running = runCells(page, 0, 1, TRAINING, LAST);
  running.catch(() => {}); // if the page is closed because something was not seen, that is the error to tell
  const first = await seen(page, "a curve", (now) => now.done > 0.01 && now.curve, timeout);
  await shoot(page, `${prefix}-begins.png`);
  const second = await seen(page, "a longer curve", (now) => now.done > first.done + 0.02, timeout);
  await shoot(page, `${prefix}-grows.png`);
  const used = await use(page, prefix, timeout);
  await page.click(".nbkeras-controls button >> nth=1");
  await running;
  await settled(page, timeout);
  await page.waitForTimeout(1000);
  const ended = await look(page);
  await command(page, "docmanager:save");
  await picture(page, `${prefix}-stopped.png`);
  return { first, second, ...used, ended, pixels: await pixels(page, TRAINING), last: await lastText(page) };
}

const control = (...known) => train(...known, useAll);
const interrupt = (...known) => train(...known, useStop);

async function reload(page, url, prefix, timeout) {
  await open(page, url, timeout);
  runCells(page, 0, 1, TRAINING).catch(() => {}); // the page goes away under it
  await seen(page, "a curve", (now) => now.done > 0.1, timeout);
  await command(page, "docmanager:save");
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload({ timeout });
  await settled(page, timeout);
  await runCells(page, LAST);
  await page.waitForTimeout(1000);
  await picture(page, `${prefix}-reloaded.png`);
  const alts = await page.evaluate((index) => {
    const images = window.jupyterapp.shell.currentWidget.content.widgets[index].node.querySelectorAll("img");
    return [...images].filter((image) => image.naturalWidth > 0).map((image) => image.alt);
  }, LAST);
  return { alts, last: await lastText(page) };
}

async function reopen(page, url, prefix, timeout) {
  await open(page, url, timeout);
  await page.waitForTimeout(1000);
  const trusted = await page.evaluate(
    (index) => window.jupyterapp.shell.currentWidget.content.widgets[index].model.trusted,
    TRAINING,
  );
  await useTheme(page, "JupyterLab Dark");
  await picture(page, `${prefix}-reopened-dark.png`);
  await useTheme(page, "JupyterLab Light");
  await picture(page, `${prefix}-reopened-light.png`);
  return { trusted, ended: await look(page), pixels: await pixels(page, TRAINING) };
}

async function updates(page, url, prefix, timeout) {
  await open(page, url, timeout);
  const session = await page.context().newCDPSession(page);
  const bytes = [];
  for (const index of [0, 1, TRAINING]) {
    await runCells(page, index);
    await settled(page, timeout);
    await page.waitForTimeout(1000);
    await session.send("HeapProfiler.collectGarbage");
    bytes.push((await session.send("Runtime.getHeapUsage")).usedSize);
  }
  return { bytes, text: (await look(page)).text };
}

function lastText(page) {
  return page.evaluate(
    (index) => window.jupyterapp.shell.currentWidget.content.widgets[index].node.querySelector(".jp-OutputArea").innerText,
    LAST,
  );
}

const SCENARIOS = { control, interrupt, reload, reopen, updates };

async function main(scenario, url, prefix, seconds) {
  const errors = [];
  const result = await withPage(errors, (page) => SCENARIOS[scenario](page, url, prefix, Number(seconds) * 1000));
  return { ...result, errors };
}

run(main);
