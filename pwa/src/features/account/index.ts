import './px-account-page.ts';
