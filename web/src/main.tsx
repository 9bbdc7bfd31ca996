// The studio's door: styles, then the page.
import './styles/theme.css';
import './styles/layout.css';
import './styles/controls.css';
import './styles/panels.css';
import './styles/guard.css';
import './styles/releases.css';
import './styles/release-page.css';
import './styles/release-cards.css';
import { render } from 'preact';
import { App } from './app.js';

const host = document.getElementById('studio');
if (host !== null) render(<App />, host);
