// Opens a notebook in JupyterLab, runs all of its cells, saves it, and prints what the page shows.
//
//   node run_notebook.cjs URL PICTURE_PREFIX TIMEOUT_SECONDS
//
// Prints one JSON object: {cells: [...], errors: [...]}; a cell has `source`, `count` (its execution number), `errors`
// (the names of exceptions), `text`, `tables`, `pictures` (drawn ones) and `broken` (pictures without content).
// Leaves PICTURE_PREFIX-light.png and PICTURE_PREFIX-dark.png, and where a training takes long enough to be caught half
// way, PICTURE_PREFIX-training.png.

const { command, open, picture, run, useTheme, withPage } = require("./lab_page.cjs");

async function runAll(page, timeout) {
  await command(page, "notebook:run-all-cells");
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

function main(url, prefix, seconds) {
  const timeout = Number(seconds) * 1000;
  const errors = [];
  return withPage(errors, async (page) => {
    await open(page, url, timeout);
    const running = runAll(page, timeout);
    await Promise.all([running, pictureOfTraining(page, `${prefix}-training.png`, running)]);
    await page.waitForTimeout(1000);
    const cells = await readCells(page);
    await command(page, "docmanager:save");
    for (const theme of ["Light", "Dark"]) {
      await useTheme(page, `JupyterLab ${theme}`);
      await picture(page, `${prefix}-${theme.toLowerCase()}.png`);
    }
    return { cells, errors };
  });
}

run(main);
