import { render } from 'preact';
import { App } from './app/app';
import { start } from './app/start';
import './style/base.css';
import './style/layout.css';
import './style/form.css';
import './style/queue.css';
import './style/rated.css';
import './style/adapt.css';

const host = document.getElementById('app');
if (!host) throw new Error('the page has no element #app');
render(<App />, host);
void start();
