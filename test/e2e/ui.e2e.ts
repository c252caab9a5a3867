import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { workflowId } from '../../workflows/messages.ts';
import { openBrowser, type Browsing } from '../support/browser.ts';
import { kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const {
  space,
  repository,
  revision: first,
} = await openSource({
  'app/a.yaml': configMap('a'),
  'app/gone.yaml': configMap('gone'),
});
const id = workflowId('Kustomization', { namespace: space.name, name: 'app' });
let browsing: Browsing;
let second: string;
let broken: string;

beforeAll(async () => {
  browsing = await openBrowser();
  await space.untilReady('GitRepository', 'repo');
  const spec = { path: './app', targetNamespace: space.name, retryInterval: '1h', wait: true };
  await space.apply(kustomization('app', 'repo', spec));
  await space.untilReady('Kustomization', 'app');
  const files = { 'app/b.yaml': configMap('b'), 'app/gone.yaml': undefined };
  second = `main@sha1:${await repository.commit(files)}`;
  await space.signal('GitRepository', 'repo');
  await space.until('Kustomization', 'app', (row) => row.status.lastAppliedRevision === second);
  broken = `main@sha1:${await repository.commit({ 'app/broken.yaml': 'a: [' })}`;
  await space.signal('GitRepository', 'repo');
  await space.untilReady('Kustomization', 'app', 'False');
});

afterAll(async () => {
  await browsing.close();
});

/** The columns that the documentation tells to set up, beside those of the UI that stay. */
const columns = ['SluiceRevision', 'SluiceTrigger', 'SluicePhase', 'SluiceReady', 'SluiceReason'];

/** Opens the list of syncs that a query finds, as soon as it has so many rows at least. */
async function openList(query: string, rows: number): Promise<void> {
  const { page } = browsing;
  const url = `${inject('temporalUiUrl')}/namespaces/default/workflows?query=${encodeURIComponent(query)}`;
  await expect
    .poll(
      async () => {
        await page.goto(url);
        await page.locator('tbody tr a').first().waitFor();
        return page.locator('tbody tr').filter({ hasText: id }).count();
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThanOrEqual(rows);
}

/** Opens the page of the only sync that a query finds, and gives its text when it holds a word. */
async function openRun(query: string, word: string): Promise<string> {
  const { page } = browsing;
  await openList(`WorkflowId="${id}" AND ${query}`, 1);
  await page.locator('tbody tr a[href*="/workflows/"]').first().click();
  const text = (): Promise<string> => page.locator('body').innerText();
  await expect.poll(text, { timeout: 60_000 }).toContain(word);
  return text();
}

/** Pictures for the documentation, where a folder is named for them. */
async function picture(name: string): Promise<void> {
  const folder = process.env['SLUICE_SCREENSHOTS'];
  if (folder) await browsing.page.screenshot({ path: join(folder, `${name}.png`) });
}

const short = (revision: string): string => revision.slice(0, 'main@sha1:'.length + 8);

test('the list shows one row a sync, with revision, trigger and outcome in columns of its own', async () => {
  const { page } = browsing;
  await openList(`WorkflowId="${id}"`, 3);
  await page.getByTestId('workflows-summary-table-configuration-button').click();
  const change = (column: string, what: string): Promise<void> =>
    page.getByTestId(`orderable-list-item-${column}-${what}-button`).click();
  for (const column of ['Run ID', 'Type', 'End']) await change(column, 'remove');
  for (const column of columns) await change(column, 'add');
  await page.getByTestId('drawer-close-button').click();
  const rows = page.locator('tbody tr').filter({ hasText: id });
  await expect.poll(() => page.locator('thead').first().innerText()).toContain('SluiceReason');
  const cells = await Promise.all((await rows.all()).map((row) => row.innerText()));
  const told = [
    [broken, 'source', 'failed', 'False', 'BuildFailed'],
    [second, 'source', 'applied', 'True', 'ReconciliationSucceeded'],
    [first, 'start', 'applied', 'True', 'ReconciliationSucceeded'],
  ];
  for (const facts of told) {
    const row = cells.find(
      (text) => text.includes(facts[0] ?? '') && text.includes(facts[1] ?? ''),
    );
    for (const fact of facts) expect(row).toContain(fact);
  }
  await picture('sync-history');
});

test('the page of a sync shows its trigger and the five stages', async () => {
  const query = `SluiceRevision="${second}" AND SluicePhase="applied"`;
  const text = await openRun(query, `prune after ${short(second)}`);
  expect(text).toContain('"trigger": "source"');
  expect(text).toContain(`"why": "new revision ${second}"`);
  const at = short(second);
  const stages = [`fetch ${at}`, `render ${at}`, `apply 2 objects of ${at}`, `health of ${at}`];
  for (const stage of stages) expect(text).toContain(stage);
  await browsing.page.getByText('Event History', { exact: true }).first().scrollIntoViewIfNeeded();
  await picture('sync-run');
});

test('the page of a failed sync shows which stage failed, and why', async () => {
  const query = `SluiceRevision="${broken}" AND SluiceReady="False"`;
  const text = await openRun(query, 'app/broken.yaml is not valid YAML');
  expect(text).toContain(`render ${short(broken)}`);
  expect(text).not.toContain(`apply`);
});

test('User Metadata says in words what a sync waits for', async () => {
  const { page } = browsing;
  await openRun(`SluiceRevision="${broken}" AND SluiceReady="False"`, 'User Metadata');
  await page.getByText('User Metadata', { exact: true }).first().click();
  const text = async (): Promise<string> => {
    // The UI asks the workflow for its words on this key.
    await page.keyboard.press('r');
    // It shows them in a frame of their own.
    const frames = page.frames().map((frame) => frame.locator('body').innerText());
    return (await Promise.all(frames)).join('\n');
  };
  const poll = expect.poll(text, { timeout: 60_000, interval: 2000 });
  await poll.toContain('the author of the revision');
});
