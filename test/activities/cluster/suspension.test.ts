import { expect, test } from 'vitest';
import { suspensionOf } from '../../../activities/cluster/suspension.ts';

const suspended = (annotations?: Record<string, string>) => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'web', ...(annotations ? { annotations } : {}) },
});

test('without annotations there is neither a reason nor an end', () => {
  expect(suspensionOf(suspended())).toEqual({ why: 'spec.suspend is true' });
});

test.each(['2026-12-01T08:00:00Z', '2026-12-01T08:00:00.5+02:00', '2001-01-01T00:00:00z'])(
  'it ends at %s, and the reason is told',
  (until) => {
    const annotations = {
      'sluice.dev/suspend-reason': 'a migration',
      'sluice.dev/suspend-until': until,
    };
    expect(suspensionOf(suspended(annotations))).toEqual({
      why: `spec.suspend is true: a migration (until ${until})`,
      resumeAt: until,
    });
  },
);

test.each(['tomorrow', '2h', '2026-12-01', '2026-13-01T08:00:00Z', '2026-12-01T08:00:00', ''])(
  'the end "%s" is none, and the words say so',
  (until) => {
    const { why, resumeAt } = suspensionOf(suspended({ 'sluice.dev/suspend-until': until }));
    expect(resumeAt).toBeUndefined();
    expect(why).toContain(`annotation sluice.dev/suspend-until is "${until}", no time such as`);
    expect(why).toContain('so it stays suspended');
  },
);
