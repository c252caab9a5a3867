import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createDurations } from '../../../worker/telemetry/reconciles.ts';

const app = { namespace: 'apps', name: 'app' };
const series = 'gotk_reconcile_duration_seconds_count{kind="Kustomization"';

test('passes are counted by their result, as controller-runtime does', async () => {
  const registry = new Registry();
  const durations = createDurations(registry);
  durations.record('Kustomization', app, 1500, { nextMs: 60_000 });
  durations.record('Kustomization', app, 300, { failed: true, nextMs: 60_000 });
  durations.record('Kustomization', app, 0, { failed: true, terminal: true });
  const text = await registry.metrics();
  const controller = 'controller="kustomization"';
  expect(text).toContain(
    `controller_runtime_reconcile_total{${controller},result="requeue_after"} 1`,
  );
  expect(text).toContain(`controller_runtime_reconcile_total{${controller},result="error"} 2`);
  expect(text).toContain(`controller_runtime_reconcile_errors_total{${controller}} 2`);
  expect(text).toContain(`controller_runtime_terminal_reconcile_errors_total{${controller}} 1`);
  expect(text).toContain(`controller_runtime_reconcile_time_seconds_count{${controller}} 2`);
  expect(text).toContain(`${series},name="app",namespace="apps"} 2`);
  expect(text).toContain('controller_runtime_reconcile_errors_total{controller="gitrepository"} 0');
});

test('the series of an object that another worker saw go is dropped after twice its interval', async () => {
  const registry = new Registry();
  let now = 0;
  const durations = createDurations(registry, () => now);
  durations.record('Kustomization', app, 100, { nextMs: 3_600_000 });
  now += 2 * 3_600_000;
  expect(await registry.metrics()).toContain(series);
  durations.record('Kustomization', app, 100, { nextMs: 300_000 });
  now += 2 * 300_000 + 11 * 60_000;
  const text = await registry.metrics();
  expect(text).not.toContain('name="app"');
  expect(text).toContain('controller_runtime_reconcile_time_seconds_count');
});

test('the series of an object that went here is dropped at once', async () => {
  const registry = new Registry();
  const durations = createDurations(registry);
  durations.record('Kustomization', app, 100);
  durations.forget('Kustomization', app);
  expect(await registry.metrics()).not.toContain('name="app"');
});
