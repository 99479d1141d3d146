// Opens a notebook in JupyterLab, runs all of its cells, saves it, and prints what the page shows.
//
//   node run_notebook.cjs URL PICTURE_PREFIX TIMEOUT_SECONDS
//
// Prints one JSON object: {cells: [...], errors: [...]}; a cell has `source`, `count` (its execution number), `errors`
// (the names of exceptions), `text`, `tables`, `pictures` (drawn ones) and `broken` (pictures without content).
// Leaves PICTURE_PREFIX-light.png and PICTURE_PREFIX-dark.png, and where a training takes long enough to be caught half
// way, PICTURE_PREFIX-training.png.

const { chromium } = require("playwright-core");

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WIDTH = 1100;

async function open(page, url, timeout) {
  await page.goto(url, { timeout });
  await page.waitForFunction(
    () => {
      const panel = window.jupyterapp?.shell.currentWidget;
      return panel?.content?.widgets?.length && panel.sessionContext?.session?.kernel?.status === "idle";
    },
    undefined,
    { timeout },
  );
}

async function runAll(page, timeout) {
  await page.evaluate(() => window.jupyterapp.commands.execute("notebook:run-all-cells"));
  await page.waitForFunction(
    () => {
      const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
      const code = content.widgets.filter((cell) => cell.model.type === "code" && cell.model.sharedModel.source.trim());
      const failed = code.some((cell) => cell.model.outputs.toJSON().some((output) => output.output_type === "error"));
      const done = code.every((cell) => cell.model.executionCount !== null && cell.model.executionState !== "running");
      return sessionContext.session.kernel.status === "idle" && (done || failed);
    },
    undefined,
    { timeout, polling: 200 },
  );
}

// A training half way, in the middle of the window, as long as the cells run.
async function pictureOfTraining(page, path, running) {
  const halfWay = () => {
    const bar = [...document.querySelectorAll(".jp-OutputArea progress")].find((one) => one.value > 0.4);
    bar?.closest(".jp-Cell").scrollIntoView({ block: "center" });
    return Boolean(bar);
  };
  let ended = false;
  const end = () => (ended = true);
  running.then(end, end);
  while (!ended) {
    if (await page.evaluate(halfWay)) {
      await page.screenshot({ path });
      if (await page.evaluate(halfWay)) return; // else it ended in that moment, and a longer one may follow
    }
    await page.waitForTimeout(50);
  }
}

function readCells(page) {
  return page.evaluate(() => {
    const drawn = (node) => (node.tagName === "IMG" ? node.naturalWidth : node.getBoundingClientRect().width) > 0;
    return window.jupyterapp.shell.currentWidget.content.widgets
      .filter((cell) => cell.model.type === "code")
      .map((cell) => {
        const area = cell.node.querySelector(".jp-OutputArea");
        const pictures = [...area.querySelectorAll("img, svg")];
        return {
          source: cell.model.sharedModel.source,
          count: cell.model.executionCount,
          errors: cell.model.outputs.toJSON().filter((o) => o.output_type === "error").map((o) => o.ename),
          text: area.innerText,
          tables: area.querySelectorAll("table").length,
          pictures: pictures.filter(drawn).length,
          broken: pictures.filter((node) => !drawn(node)).length,
        };
      });
  });
}

async function useTheme(page, name) {
  await page.evaluate((theme) => window.jupyterapp.commands.execute("apputils:change-theme", { theme }), name);
  await page.waitForFunction((theme) => document.body.dataset.jpThemeName === theme, name);
}

// The notebook scrolls inside the page: the window grows until the first and the last cell are in view.
async function picture(page, path) {
  const height = await page.evaluate(() => {
    const { content } = window.jupyterapp.shell.currentWidget;
    const scroller = content.node.querySelector(".jp-WindowedPanel-outer");
    const last = content.widgets.at(-1).node.getBoundingClientRect();
    const rest = window.innerHeight - scroller.clientHeight;
    return Math.ceil(last.bottom - scroller.getBoundingClientRect().top + scroller.scrollTop + rest) + 40;
  });
  await page.setViewportSize({ width: WIDTH, height: Math.min(height, 16000) });
  await page.evaluate(() => {
    window.jupyterapp.shell.currentWidget.content.node.querySelector(".jp-WindowedPanel-outer").scrollTop = 0;
  });
  await page.waitForTimeout(500);
  await page.screenshot({ path });
}

async function main(url, prefix, seconds) {
  const timeout = Number(seconds) * 1000;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 } });
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await open(page, url, timeout);
    const running = runAll(page, timeout);
    await Promise.all([running, pictureOfTraining(page, `${prefix}-training.png`, running)]);
    await page.waitForTimeout(1000);
    const cells = await readCells(page);
    await page.evaluate(() => window.jupyterapp.commands.execute("docmanager:save"));
    for (const theme of ["Light", "Dark"]) {
      await useTheme(page, `JupyterLab ${theme}`);
      await picture(page, `${prefix}-${theme.toLowerCase()}.png`);
    }
    console.log(JSON.stringify({ cells, errors }));
  } finally {
    await browser.close();
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
