import { expect, inject, test } from 'vitest';
import { kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { metricsPort } from '../support/services.ts';
import { openSource } from '../support/space.ts';

const { space, revision } = await openSource({ 'app/cm.yaml': configMap('app') });

/** What a service measures about this namespace, as soon as a condition holds. */
async function metrics(
  service: 'worker' | 'bridge',
  done: (text: string) => boolean,
): Promise<string> {
  const port = await metricsPort(inject('serviceDir'), service);
  let text = '';
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    const lines = (await answer.text()).split('\n');
    text = lines.filter((line) => line.includes(`namespace="${space.name}"`)).join('\n');
    if (done(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the ${service} does not measure that: ${text}`);
}

test('passes and objects are measured under the names of Flux, until they are gone', async () => {
  await space.untilReady('GitRepository', 'repo');
  await space.apply(kustomization('app', 'repo', { path: './app', targetNamespace: space.name }));
  await space.untilReady('Kustomization', 'app');
  const labels = `kind="Kustomization",name="app",namespace="${space.name}"`;
  const bridge = await metrics('bridge', (text) =>
    text.includes(`gotk_reconcile_condition{${labels},type="Ready",status="True"} 1`),
  );
  expect(bridge).toContain(`gotk_suspend_status{${labels}} 0`);
  expect(bridge).toMatch(
    new RegExp(`gotk_resource_info.*name="app",ready="True".*revision="${revision}"`),
  );
  const worker = await metrics('worker', (text) => text.includes(`seconds_count{${labels}} 1`));
  expect(worker).toContain(`gotk_reconcile_duration_seconds_bucket{le="1800",${labels}} 1`);
  expect(worker).toContain('kind="GitRepository"');
  await space.remove('Kustomization', 'app');
  await space.untilGone('Kustomization', 'app');
  await metrics('bridge', (text) => !text.includes('name="app"'));
  await metrics('worker', (text) => !text.includes('name="app"'));
});
