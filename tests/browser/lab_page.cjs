// JupyterLab in headless Chromium, as the drivers here use it.

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

// Calls `use(page)` with an empty page; its errors are added to `errors`.
async function withPage(errors, use) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 } });
    page.on("pageerror", (error) => errors.push(String(error)));
    return await use(page);
  } finally {
    await browser.close();
  }
}

// Waits until the notebook is there and its kernel has nothing to do.
async function settled(page, timeout) {
  await page.waitForFunction(
    () => {
      const panel = window.jupyterapp?.shell.currentWidget;
      return panel?.content?.widgets?.length && panel.sessionContext?.session?.kernel?.status === "idle";
    },
    undefined,
    { timeout },
  );
}

async function open(page, url, timeout) {
  await page.goto(url, { timeout });
  await settled(page, timeout);
}

function command(page, name, args = {}) {
  return page.evaluate(([name, args]) => window.jupyterapp.commands.execute(name, args), [name, args]);
}

async function useTheme(page, name) {
  await command(page, "apputils:change-theme", { theme: name });
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

// The output of a cell as it is drawn, in a window that shows all of it.
async function pixels(page, index) {
  const id = await page.evaluate((index) => {
    const { node } = window.jupyterapp.shell.currentWidget.content.widgets[index];
    node.querySelector(".jp-OutputArea").id = `output-of-${index}`;
    return `output-of-${index}`;
  }, index);
  return (await page.locator(`#${id}`).screenshot()).toString("base64");
}

// Prints what `main` returns as JSON; an error ends the process.
function run(main) {
  main(...process.argv.slice(2)).then(
    (result) => console.log(JSON.stringify(result)),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}

module.exports = { command, open, picture, pixels, run, settled, useTheme, withPage };
