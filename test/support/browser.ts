import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Chromium, { inflate } from '@sparticuz/chromium';
import { chromium, type Page } from 'playwright-core';

/** A page of a headless browser. */
export interface Browsing {
  readonly page: Page;
  close(): Promise<void>;
}

/**
 * Opens a page in Chromium: the program that the variable CHROMIUM names, or the one of the npm package, which runs on Linux without
 * anything being installed.
 */
export async function openBrowser(): Promise<Browsing> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-browser-'));
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? (await unpacked(dir)),
    args: Chromium.args,
    // The package brings the libraries that a bare machine does not have.
    env: { ...process.env, LD_LIBRARY_PATH: join(dir, 'al2023', 'lib') },
  });
  return {
    page: await browser.newPage({ viewport: { width: 2000, height: 1250 } }),
    async close() {
      await browser.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The package unpacks itself where temporary files go, under a fixed name that two runs would share. */
async function unpacked(dir: string): Promise<string> {
  if (process.platform !== 'linux') {
    throw new Error(
      'set CHROMIUM to the path of a Chromium: the one of the npm package needs Linux',
    );
  }
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = dir;
  try {
    const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
    await inflate(join(entry, '../../../bin/al2023.tar.br'));
    return await Chromium.executablePath();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}
