import {
  conditionOf,
  conditionsOf,
  current,
  failed,
  inProgress,
  section,
  type StatusRule,
} from './status.ts';

/** A Job is current when it is complete or suspended, as Flux reads it: what a sync waits for is its end. */
export const job: StatusRule = (object) => {
  if (section(object, 'spec')['suspend'] === true) return current('it is suspended');
  const ended = conditionsOf(object).filter(({ status }) => status === 'True');
  if (ended.some(({ type }) => type === 'Complete')) return current('it is complete');
  const failure = ended.find(({ type }) => type === 'Failed');
  return failure ? failed(failure.message ?? 'it failed') : inProgress('it runs');
};

/** A claim is current when it is bound. */
export const volumeClaim: StatusRule = (object) => {
  const { phase } = section(object, 'status');
  return phase === 'Bound' ? current('it is bound') : inProgress('it is not bound');
};

/** A Service is current, but one of type LoadBalancer needs its cluster address first. */
export const service: StatusRule = (object) => {
  const { type, clusterIP } = section(object, 'spec');
  const waits = type === 'LoadBalancer' && !clusterIP;
  return waits ? inProgress('it has no address') : current('it is there');
};

/** A CRD is current when its names are accepted and its kind is established. */
export const definition: StatusRule = (object) => {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False' && names.reason !== 'Installing') {
    return failed(names.message ?? 'its names are not accepted');
  }
  const established = conditionOf(object, 'Established')?.status === 'True';
  return established ? current('it is established') : inProgress('it is not established');
};

/** What is there is all there is to it. */
export const existence: StatusRule = () => current('it is there');

/** Any other kind: its condition Ready, where it has conditions at all. */
export const generic: StatusRule = (object) => {
  const ready = conditionOf(object, 'Ready');
  if (!ready) return current('it is there');
  if (ready.status === 'True') return current('it is ready');
  return inProgress(ready.message ?? 'it is not ready');
};
