import { expect, test } from 'vitest';
import { parseAnswer, toApiError } from '../../../activities/cluster/answer.ts';

test('the message of a Status object is told', () => {
  const status = { kind: 'Status', reason: 'Forbidden', message: 'may not' };
  expect(toApiError(403, JSON.stringify(status))).toMatchObject({
    status: 403,
    reason: 'Forbidden',
    message: 'may not',
  });
});

test.each(['inner-secret', '{"message":"inner-secret"}', '["inner-secret"]'])(
  'of the answer %s nothing is told, since no API server gave it',
  (body) => {
    expect(toApiError(404, body).message).not.toContain('inner-secret');
  },
);

test('an answer that is not JSON is not repeated', () => {
  expect(() => parseAnswer('inner-secret')).toThrow('not JSON');
  expect(() => parseAnswer('inner-secret')).not.toThrow('inner-secret');
  expect(parseAnswer('')).toEqual({});
});
