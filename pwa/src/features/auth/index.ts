import './px-auth-page.ts';
