import { describe, expect, test } from 'vitest';
import { message, openHook, verdict } from '../../support/receivers.ts';

describe('cdevents', () => {
  const event = (context: object = {}, subject: object = {}): string =>
    JSON.stringify({
      context: {
        version: '0.4.1',
        id: 'a1',
        source: '/builds/7',
        type: 'dev.cdevents.artifact.packaged.0.2.0',
        timestamp: '2026-11-26T02:00:00Z',
        ...context,
      },
      subject: {
        id: 'pkg:oci/app',
        type: 'artifact',
        content: { change: { id: 'c1' } },
        ...subject,
      },
    });
  const type = 'dev.cdevents.artifact.packaged.0.2.0';
  const hook = openHook({ type: 'cdevents', events: [type] });
  const given = (text: string): Promise<string> =>
    verdict(message({ 'ce-type': type }, text), hook);

  test('takes a whole event that is wanted', async () => {
    expect(await given(event())).toBe('ok');
    const other = openHook({ type: 'cdevents', events: ['dev.cdevents.change.merged.0.2.0'] });
    const why = await verdict(message({ 'ce-type': type }, event()), other);
    expect(why).toContain('none of spec.events');
  });

  test.each([
    ['without an id', event({ id: '' }), 'context.id'],
    ['without a time', event({ timestamp: 'yesterday' }), 'context.timestamp'],
    ['of an unknown type', event({ type: 'dev.cdevents.cake.baked.0.1.0' }), 'no event'],
    [
      'of a property of all objects',
      event({ type: 'dev.cdevents.branch.constructor.0.1.0' }),
      'no ev',
    ],
    ['about another subject', event({}, { type: 'change' }), 'subject.type'],
    ['without what its type demands', event({}, { content: {} }), 'content.change is missing'],
    ['with more than an event has', event({ more: 1 }), 'see context'],
    ['that is no JSON', 'x', 'not JSON'],
  ])('refuses an event %s', async (_, text, why) => {
    expect(await given(text)).toContain(why);
  });
});
