import { parentPort } from 'node:worker_threads';
import { ApplicationFailure } from '@temporalio/common/lib/failure.js';
import { buildObjects } from './build-objects.ts';
import type { Answer, Question } from './builder.ts';

/** The thread of builds: answers each order that it is sent. */
parentPort?.on('message', (question: Question) => {
  void answerTo(question).then((answer) => parentPort?.postMessage(answer));
});

async function answerTo({ id, order }: Question): Promise<Answer> {
  try {
    return { id, set: await buildObjects(order) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof ApplicationFailure ? error.type : undefined;
    return { id, fault: { message, ...(code ? { code } : {}) } };
  }
}
