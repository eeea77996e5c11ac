import { type Browser, chromium } from "playwright-core";

const CANDIDATES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The system's Chromium, or the one that CHROMIUM names. @throws Error saying how to get one */
export async function findChromium(): Promise<string> {
  const named = Deno.env.get("CHROMIUM");
  for (const path of named ? [named] : CANDIDATES) {
    if (
      await Deno.stat(path).then(
        ({ isFile }) => isFile,
        () => false,
      )
    ) {
      return path;
    }
  }
  throw new Error(
    named
      ? `CHROMIUM names ${named}, and there is no such file`
      : "The browser tests need Chromium: apt-get install chromium, or name one in CHROMIUM",
  );
}

export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium();
  // Chromium's own sandbox refuses to run as root, as CI does; only pages of this project are opened.
  const args = Deno.uid() === 0 ? ["--no-sandbox"] : [];
  return await chromium.launch({ executablePath, args });
}
