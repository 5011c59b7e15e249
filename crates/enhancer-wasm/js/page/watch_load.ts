import { EnhancerError } from '../shared/error.js';

/**
 * Watches the page's policy while a worker loads. Returns a function that explains why the worker
 * could not be loaded, because the browser's own error does not.
 */
export function watchLoad(worker: Worker, address: string | undefined) {
  let forbidden: string | undefined;
  const see = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent) => {
    if (effectiveDirective === 'worker-src') forbidden = blockedURI;
  };
  document.addEventListener('securitypolicyviolation', see);
  const stop = () => document.removeEventListener('securitypolicyviolation', see);
  worker.addEventListener('message', stop, { once: true });

  return async (): Promise<EnhancerError> => {
    // The event of the policy may follow right after that of the worker.
    await new Promise((resolve) => setTimeout(resolve));
    stop();
    return forbidden === undefined ? notFound(address) : byPolicy(forbidden);
  };
}

function notFound(address: string | undefined): EnhancerError {
  const place =
    address === undefined
      ? "worker.js beside the package's script; LoadOptions.worker can give another address"
      : address;
  const message = `the enhancer's worker could not be loaded: is there a JavaScript file at ${place}?`;
  return new EnhancerError('workers', message);
}

function byPolicy(address: string): EnhancerError {
  const message =
    `the page's Content-Security-Policy forbids the enhancer's worker ${address}: ` +
    "add worker-src 'self'";
  return new EnhancerError('csp', message);
}
