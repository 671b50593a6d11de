"""Names of the economies and sectors of `world-2022`, English, for tables and charts."""

from __future__ import annotations

from typing import Final

from detente.core.codes import SERVICES

USA: Final = "USA"
CHN: Final = "CHN"
REST: Final = "ROW"
SERVICE: Final = SERVICES[0]
SERVICE_LABEL: Final = "Services (aggregate)"

COUNTRY_LABELS: Final = {
    "AGO": "Angola", "ARE": "United Arab Emirates", "ARG": "Argentina", "AUS": "Australia", "AUT": "Austria",
    "BEL": "Belgium", "BGD": "Bangladesh", "BGR": "Bulgaria", "BLR": "Belarus", "BRA": "Brazil", "BRN": "Brunei",
    "CAN": "Canada", "CHE": "Switzerland", "CHL": "Chile", "CHN": "China", "CIV": "Côte d'Ivoire", "CMR": "Cameroon",
    "COD": "DR Congo", "COL": "Colombia", "CRI": "Costa Rica", "CYP": "Cyprus", "CZE": "Czechia", "DEU": "Germany",
    "DNK": "Denmark", "EGY": "Egypt", "ESP": "Spain", "EST": "Estonia", "FIN": "Finland", "FRA": "France",
    "GBR": "United Kingdom", "GRC": "Greece", "HKG": "Hong Kong", "HRV": "Croatia", "HUN": "Hungary",
    "IDN": "Indonesia", "IND": "India", "IRL": "Ireland", "ISL": "Iceland", "ISR": "Israel", "ITA": "Italy",
    "JOR": "Jordan", "JPN": "Japan", "KAZ": "Kazakhstan", "KHM": "Cambodia", "KOR": "Korea", "LAO": "Laos",
    "LTU": "Lithuania", "LUX": "Luxembourg", "LVA": "Latvia", "MAR": "Morocco", "MEX": "Mexico", "MLT": "Malta",
    "MMR": "Myanmar", "MYS": "Malaysia", "NGA": "Nigeria", "NLD": "Netherlands", "NOR": "Norway",
    "NZL": "New Zealand", "PAK": "Pakistan", "PER": "Peru", "PHL": "Philippines", "POL": "Poland", "PRT": "Portugal",
    "ROU": "Romania", "RUS": "Russia", "SAU": "Saudi Arabia", "SEN": "Senegal", "SGP": "Singapore",
    "STP": "São Tomé and Príncipe", "SVK": "Slovakia", "SVN": "Slovenia", "SWE": "Sweden", "THA": "Thailand",
    "TUN": "Tunisia", "TUR": "Türkiye", "TWN": "Taiwan", "UKR": "Ukraine", "USA": "United States", "VNM": "Viet Nam",
    "ZAF": "South Africa", "ROW": "Rest of the world (imputed)",
}  # fmt: skip

SECTOR_LABELS: Final = {
    "A01": "Crops and animals", "A02": "Forestry", "A03": "Fishing and aquaculture", "B05": "Coal and lignite",
    "B06": "Crude oil and natural gas", "B07": "Metal ores", "B08": "Other mining and quarrying",
    "B09": "Mining support services", "C10T12": "Food, drink and tobacco", "C13T15": "Textiles, clothing, leather",
    "C16": "Wood products", "C17_18": "Paper and printing", "C19": "Coke and refined petroleum", "C20": "Chemicals",
    "C21": "Pharmaceuticals", "C22": "Rubber and plastics", "C23": "Other non-metallic minerals",
    "C24A": "Iron and steel", "C24B": "Non-ferrous metals", "C25": "Fabricated metal products",
    "C26": "Electronics and optical products", "C27": "Electrical equipment", "C28": "Machinery",
    "C29": "Motor vehicles", "C301": "Ships and boats", "C302T309": "Aircraft, trains, other transport equipment",
    "C31T33": "Furniture, other manufacturing, repair", SERVICE: SERVICE_LABEL,
}  # fmt: skip
