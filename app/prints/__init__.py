"""What leaves on paper: posters and slips as PDF, QR codes as SVG, PNG and terminal drawing. No Flask inside."""
