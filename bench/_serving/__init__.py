"""Parts of the benchmark `serving`: servers, load, CPU of process trees."""
