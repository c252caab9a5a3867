import { createContext, Script } from 'node:vm';

const context = createContext({ work: undefined as unknown });
const script = new Script('work()');
const timeoutMs = 500;

/**
 * Runs what a tenant wrote, and gives its result. Raises an Error after half a second: a nested loop or a regular expression that
 * backtracks must not hold the worker up.
 */
export function withTimeLimit(work: () => unknown): unknown {
  context['work'] = work;
  try {
    return script.runInContext(context, { timeout: timeoutMs });
  } finally {
    context['work'] = undefined;
  }
}
