const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` with an abort signal that fires at Ctrl-C, SIGTERM and SIGHUP. The process ends by that signal, but only after `work` has cleaned up and settled. */
export async function interruptible<T>(
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    received = signal;
    controller.abort(new Error(`interrupted by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(
      outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]),
    );
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
    if (received !== undefined) process.kill(process.pid, received);
  }
}
