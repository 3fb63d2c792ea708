"""What leaves on paper: posters and slips as PDF, QR codes for print, files and terminals. No Flask."""
