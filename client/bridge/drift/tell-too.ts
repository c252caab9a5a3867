import type { WatchHandler } from '../watch.ts';
import type { DriftWatch } from './drift-watch.ts';

/** A handler of Kustomizations that tells the drift watch of each, beside whoever it tells already. */
export function tellToo(handler: WatchHandler, drift: DriftWatch): WatchHandler {
  return {
    ...handler,
    async listed(objects) {
      drift.listed(objects);
      await handler.listed(objects);
    },
    changed(object) {
      drift.changed(object);
      handler.changed(object);
    },
    deleted(object) {
      drift.deleted(object);
      handler.deleted(object);
    },
  };
}
