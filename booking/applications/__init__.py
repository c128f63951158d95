"""Applications of firms for vouchers: eligibility, papers that both sides accept, two reviews, issuing."""
