"""Teams: a lead, deputies and dated members; joining, ending, and handing the lead over."""
