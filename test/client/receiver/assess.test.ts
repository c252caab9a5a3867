import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { assess, type SecretRead } from '../../../client/receiver/assess.ts';
import { receiverSpec } from '../../support/receivers.ts';

const now = '2026-11-26T02:00:00Z';
const secret: SecretRead = { values: { token: 't' } };
const path = `/hook/${createHash('sha256').update('thookapps').digest('hex')}`;

function receiver(spec: object = {}, status: object = {}, annotations = {}): KubeObject {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    kind: 'Receiver',
    metadata: { name: 'hook', namespace: 'apps', generation: 2, annotations },
    spec: { ...receiverSpec(), ...spec },
    status,
  };
}

/** The object as it stands after its status was written. */
function after(object: KubeObject, status: object | undefined): KubeObject {
  return { ...object, status: { ...(object['status'] as object), ...status } };
}

function conditionsOf(status: object | undefined): string[] {
  const { conditions = [] } = (status ?? {}) as { conditions?: Record<string, string>[] };
  return conditions.map(({ type, status: state, reason }) => `${type}=${state} ${reason}`);
}

test('with its token it is ready, has the path of Flux, and then nothing is left to write', () => {
  const { hook, status, event } = assess(receiver(), secret, now);
  expect(hook).toMatchObject({ path, open: { secret: { token: 't' } } });
  expect(status).toMatchObject({ webhookPath: path, observedGeneration: 2 });
  expect(conditionsOf(status)).toEqual(['Ready=True Succeeded']);
  expect(event).toMatchObject({ type: 'Normal', reason: 'Succeeded' });
  expect(JSON.stringify([status, event])).not.toContain('"t"');
  const again = assess(after(receiver(), status), secret, 'later');
  expect(again).toMatchObject({ hook: { path }, status: undefined });
  expect(again.event).toBeUndefined();
});

test('another token is another path', () => {
  const { status } = assess(receiver(), secret, now);
  const rotated = assess(after(receiver(), status), { values: { token: 'u' } }, now);
  expect(rotated.hook?.path).not.toBe(path);
  expect(rotated.status).toMatchObject({ webhookPath: rotated.hook?.path });
});

test.each<[string, SecretRead]>([
  ['there is no Secret', { why: 'Secret hook is not there: create it' }],
  ['the Secret has no token', { values: { other: 'x' } }],
  ['the token is empty', { values: { token: '' } }],
])('where %s it has no path and tries again', (_, read) => {
  const { status } = assess(receiver(), secret, now);
  const lost = assess(after(receiver(), status), read, now);
  expect(lost.hook).toBeUndefined();
  expect(lost.status).toMatchObject({ webhookPath: null });
  expect(lost.status).not.toHaveProperty('observedGeneration');
  expect(conditionsOf(lost.status)).toEqual([
    'Ready=False TokenNotFound',
    'Reconciling=True ProgressingWithRetry',
  ]);
  expect(lost.event).toMatchObject({ type: 'Warning', reason: 'Failed' });
});

const provider = {
  issuerURL: 'https://example.com',
  validations: [{ expression: 'claims.a == 1', message: 'm' }],
};
const wrongValidation = { ...provider, validations: [{ expression: 'claims.a', message: 'm' }] };

test.each([
  ['InvalidCELExpression', { resourceFilter: 'res.' }],
  ['InvalidCELExpression', { resourceFilter: 'res.metadata.name' }],
  ['InvalidCELExpression', { resourceFilter: 'claims.a == 1' }],
  ['InvalidCELExpression', { resources: [{ kind: 'Bucket', name: 'b', filter: '1' }] }],
  [
    'InvalidCELExpression',
    { type: 'generic-oidc', secretRef: undefined, oidcProviders: [wrongValidation] },
  ],
  ['ValidationFailed', { type: 'generic-oidc', secretRef: undefined }],
  ['ValidationFailed', { type: 'generic-oidc', oidcProviders: [provider] }],
  [
    'ValidationFailed',
    { type: 'generic-oidc', secretRef: undefined, oidcProviders: [provider, provider] },
  ],
  ['ValidationFailed', { oidcProviders: [provider] }],
  ['ValidationFailed', { secretRef: undefined }],
  ['ValidationFailed', { type: 'carrier-pigeon' }],
  ['ValidationFailed', { interval: '1d' }],
  ['ValidationFailed', { resources: 'all' }],
])('%s stalls it and closes its path: %j', (reason, spec) => {
  const known = { webhookPath: path };
  const { hook, status, event } = assess(receiver(spec, known), secret, now);
  expect(hook).toMatchObject({ path, open: undefined });
  expect(conditionsOf(status)).toEqual([`Ready=False ${reason}`, `Stalled=True ${reason}`]);
  expect(status).toMatchObject({ observedGeneration: 2 });
  expect(event).toMatchObject({ type: 'Warning', reason });
});

test('tokens need no Secret, and the path is made of the names alone', () => {
  const spec = { type: 'generic-oidc', secretRef: undefined, oidcProviders: [provider] };
  const { hook, status } = assess(receiver(spec), { values: {} }, now);
  const digest = createHash('sha256').update('hookapps').digest('hex');
  expect(hook?.path).toBe(`/hook/${digest}`);
  expect(conditionsOf(status)).toEqual(['Ready=True Succeeded']);
});

test('suspended it keeps its path closed and answers requests for a look', () => {
  const requestedAt = { 'reconcile.fluxcd.io/requestedAt': 'now' };
  const object = receiver({ suspend: true }, { webhookPath: path }, requestedAt);
  const { hook, status } = assess(object, secret, now);
  expect(hook).toMatchObject({ path, open: undefined });
  expect(status).toEqual({ lastHandledReconcileAt: 'now' });
  expect(assess(receiver({ suspend: true }), secret, now).hook).toBeUndefined();
});
