"""Weather: what a source of it gives, who is asked in which order, and the averages behind them all."""
