// Opens a page, in JupyterLab a notebook whose cells it runs, touches everything in it, and prints what has acted.
//
//   node drive_escaping.cjs page|notebook URL PICTURE TIMEOUT_SECONDS
//
// Prints one JSON object: {hacked, control, images, words, errors}: two variables of the window, the number of pictures,
// the length of the text.

const { command, open, run, withPage } = require("./lab_page.cjs");

async function runCells(page, timeout) {
  await command(page, "notebook:run-all-cells");
  await page.waitForFunction(
    () => {
      const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
      const code = content.widgets.filter((cell) => cell.model.type === "code");
      const done = code.every((cell) => cell.model.executionCount !== null);
      return done && sessionContext.session.kernel.status === "idle";
    },
    undefined,
    { timeout, polling: 200 },
  );
}

// As a reader's pointer and keyboard may: over every element of the outputs, or of the page.
function touchAll(page) {
  return page.evaluate(() => {
    const areas = document.querySelectorAll(".jp-OutputArea");
    for (const area of areas.length ? areas : [document.body]) {
      for (const node of area.querySelectorAll("*")) {
        for (const kind of ["mouseover", "click", "focus", "toggle"]) node.dispatchEvent(new Event(kind, { bubbles: true }));
      }
    }
  });
}

function main(kind, url, path, seconds) {
  const timeout = Number(seconds) * 1000;
  const errors = [];
  return withPage(errors, async (page) => {
    if (kind === "notebook") {
      await open(page, url, timeout);
      await runCells(page, timeout);
    } else {
      await page.goto(url, { timeout });
    }
    await touchAll(page);
    await page.waitForTimeout(1000);
    await page.screenshot({ path });
    const seen = await page.evaluate(() => ({
      hacked: window.hacked ?? null,
      control: window.control ?? null,
      images: document.images.length,
      words: document.body.innerText.length,
    }));
    return { ...seen, errors };
  });
}

run(main);
