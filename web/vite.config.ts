import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { finish } from './build/finish.ts';
import { POLICY } from './build/policy.ts';
import { siteFiles } from './build/site_files.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Without these a browser shares no memory between threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Writes the policy into the page's head; the development server's own scripts would break it. */
function policy(): Plugin {
  return {
    name: 'policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** The page's models are compiled. The module that reads `.tflite` files would only make the site larger. */
function withoutTflite(): Plugin {
  return {
    name: 'without-tflite',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const found = Object.keys(bundle).filter((file) => /_wasm_tflite_bg\b/.test(file));
        if (found.length !== 1) this.error(`one module reads .tflite files, not ${found.length}`);
        for (const file of found) delete bundle[file];
      },
    },
  };
}

export default defineConfig({
  // Relative, so that the site works below any path.
  base: './',
  plugins: [policy(), siteFiles(repository), withoutTflite(), finish()],
  define: { __POLICY__: JSON.stringify(POLICY) },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  // It starts its worker and finds its wasm by its own address.
  optimizeDeps: { exclude: ['enhancer-wasm'] },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { page: 'index.html', 'service-worker': 'service-worker/service_worker.ts' },
      output: {
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? 'service-worker.js' : 'assets/[name]-[hash].js',
      },
    },
  },
  server: { headers: isolation },
  preview: { headers: isolation },
});
